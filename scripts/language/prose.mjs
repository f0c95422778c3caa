import path from 'node:path';
import ts from 'typescript';

/** Generated pages, whose sentences are checked in their sources, and the test of this checker. */
const excluded = ['docs/errors.md', 'docs/licences.md', 'test/scripts/language.test.ts'];
const hashComments = /\.(yml|yaml|sh|in)$|(^|\/)(Dockerfile|\.ci\/run)$/;

/** Whether the language of a file is checked, by its path. */
export function isChecked(file) {
  if (excluded.includes(file) || file.startsWith('data/')) return false;
  return /\.(md|ipynb|ts|mjs|cc|h|py)$/.test(file) || hashComments.test(file);
}

/**
 * Returns the prose of a file as Markdown: a page unchanged, the comments and sentences of a program, and both for the
 * cells of a notebook. `places` has the position in the file of each line of the text.
 */
export function proseOf(file, content) {
  const kind = path.extname(file);
  if (kind === '.md') return joined([{ lines: content.split('\n'), place: (index) => `${index + 1}` }]);
  if (kind === '.ipynb') return joined(notebookPieces(JSON.parse(content).cells));
  return joined(
    programPieces(kind, content).map(({ lines, line }) => ({ lines, place: (index) => `${line + index}` })),
  );
}

function notebookPieces(cells) {
  return cells.flatMap(({ cell_type: type, source }, cell) => {
    const content = Array.isArray(source) ? source.join('') : source;
    const pieces = type === 'markdown' ? [{ lines: content.split('\n'), line: 1 }] : scriptPieces(content);
    return pieces.map(({ lines, line }) => ({ lines, place: (index) => `cell ${cell + 1}, line ${line + index}` }));
  });
}

function programPieces(kind, content) {
  if (kind === '.ts' || kind === '.mjs') return scriptPieces(content);
  if (kind === '.cc' || kind === '.h') return cppPieces(content);
  if (kind === '.py') return [...pythonStrings(content), ...lineComments(content, /^\s*#(?!!) ?(.*)$/)];
  return lineComments(content, /^\s*#(?!!) ?(.*)$/);
}

/** The comments of TypeScript or JavaScript, and its strings that read like sentences. */
function scriptPieces(content) {
  const source = ts.createSourceFile('prose.ts', content, ts.ScriptTarget.ES2022, true);
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line + 1;
  const comments = new Map();
  const strings = [];
  const visit = (node) => {
    for (const range of [
      ...(ts.getLeadingCommentRanges(content, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(content, node.getEnd()) ?? []),
    ])
      comments.set(range.pos, range);
    const text = stringText(node);
    if (text !== undefined) strings.push({ lines: text.split('\n'), line: lineOf(node.getStart()) });
    else node.getChildren().forEach(visit);
  };
  visit(source);
  const ranges = [...comments.values()].sort((a, b) => a.pos - b.pos);
  const pieces = ranges.map(({ pos, end }) => ({ lines: uncommented(content.slice(pos, end)), line: lineOf(pos) }));
  return [...withNeighboursJoined(pieces), ...strings.filter(({ lines }) => isSentence(lines.join(' ')))];
}

/** The text of a string or template, with a code placeholder for each expression; undefined for any other node. */
function stringText(node) {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `\`x\`${literal.text}`).join('');
}

/** Four words or more of which most are plain words, and no program, markup or command line. */
function isSentence(text) {
  const words = text.split(/\s+/).filter(Boolean);
  const plain = words.filter((word) => /^[("“]?[A-Za-z][a-z’']+[.,;:!?)"”]*$/.test(word));
  return words.length >= 4 && plain.length >= 0.6 * words.length && !/[{}<>]|=>|\n\s/.test(text);
}

function cppPieces(content) {
  const pieces = [];
  const tokens = content.matchAll(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'|\/\/.*|\/\*[\s\S]*?\*\//g);
  for (const { 0: token, index } of tokens) {
    const line = content.slice(0, index).split('\n').length;
    if (token.startsWith('/')) pieces.push({ lines: uncommented(token), line });
    else if (isSentence(token.slice(1, -1))) pieces.push({ lines: [token.slice(1, -1), ''], line: line - 0.5 });
  }
  return withNeighboursJoined(pieces).map(({ lines, line }) => ({ lines, line: Math.ceil(line) }));
}

function pythonStrings(content) {
  return [...content.matchAll(/"""([\s\S]*?)"""/g)].map(({ 1: text, index }) => ({
    lines: text.split('\n').map((each) => each.trim()),
    line: content.slice(0, index).split('\n').length,
  }));
}

function lineComments(content, pattern) {
  const pieces = content
    .split('\n')
    .flatMap((each, index) => (pattern.test(each) ? [{ lines: [pattern.exec(each)[1]], line: index + 1 }] : []));
  return withNeighboursJoined(pieces);
}

/** The lines of a comment without its marks. */
function uncommented(comment) {
  if (comment.startsWith('//')) return [comment.replace(/^\/\/+ ?/, '').trim()];
  const inner = comment.replace(/^\/\*+/, '').replace(/\*+\/$/, '');
  return inner.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trim());
}

/** Comments on consecutive lines are one paragraph. */
function withNeighboursJoined(pieces) {
  const joinedPieces = [];
  for (const { lines, line } of pieces) {
    const last = joinedPieces.at(-1);
    if (last !== undefined && last.line + last.lines.length === line) last.lines.push(...lines);
    else joinedPieces.push({ lines: [...lines], line });
  }
  return joinedPieces;
}

/** All pieces as paragraphs of one text. */
function joined(pieces) {
  const lines = [];
  const places = [];
  for (const piece of pieces) {
    piece.lines.forEach((line, index) => {
      lines.push(line);
      places.push(piece.place(index));
    });
    lines.push('');
    places.push('');
  }
  return { text: lines.join('\n'), places };
}
