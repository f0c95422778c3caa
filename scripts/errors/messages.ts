import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** An error for users: the file that throws it, and its message with … for the parts that vary. */
export interface Message {
  readonly file: string;
  readonly text: string;
}

const thrown = /^(UserError|UnreachableError|CompressedError|RunLockedError|SetupError)$/;

/**
 * Returns every error for users in lib and scripts, in the order of files and lines.
 * Errors whose message is only a variable are omitted.
 */
export function messages(): Message[] {
  return ['lib', 'scripts']
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|mjs)$/.test(name))
        .sort()
        .map((name) => path.join(folder, name)),
    )
    .flatMap((file) => messagesIn(readFileSync(file, 'utf8')).map((text) => ({ file, text })));
}

/** Returns the messages of the errors for users that a program throws. */
export function messagesIn(program: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isNewExpression(node) &&
      ts.isIdentifier(node.expression) &&
      thrown.test(node.expression.text) &&
      node.arguments?.[0]
    ) {
      const text = wording(node.arguments[0])
        .replace(/\s*\n\s*/g, ' ')
        .replace(/…(\s*…)+/g, '…')
        .trim();
      if (/[a-z]{2}/i.test(text)) found.push(text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('program.ts', program, ts.ScriptTarget.ES2022));
  return found;
}

/** The text of a message in the code, with … for each expression. */
function wording(node: ts.Expression): string {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
  if (ts.isBinaryExpression(node)) return wording(node.left) + wording(node.right);
  if (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    ts.isArrayLiteralExpression(node.expression.expression)
  ) {
    return node.expression.expression.elements.map(wording).join(' ');
  }
  return '…';
}
