import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';

import { blocks, pages, readmes } from '../../scripts/readme';
import { notebookMap } from '../../scripts/readme/notebookMap';
import { withBlocks } from '../../scripts/readme/withBlocks';

const texts = { en: readFileSync(readmes.en, 'utf8'), ko: readFileSync(readmes.ko, 'utf8') };

test('generated blocks are up to date on every page', async () => {
  for (const { file, language } of pages) {
    const text = readFileSync(file, 'utf8');
    assert.ok(text === withBlocks(text, await blocks(language)), `${file} is out of date. Run npm run readme.`);
  }
});

test('the README has at most 120 lines', () => {
  for (const text of Object.values(texts)) assert.ok(text.split('\n').length <= 121);
});

test('the table of notebooks lists the folder', () => {
  const folder = readdirSync('notebooks')
    .filter((name) => name.endsWith('.ipynb'))
    .sort();
  for (const language of ['en', 'ko'] as const) {
    assert.deepEqual(
      [...notebookMap(language).matchAll(/\(notebooks\/([^)]+)\)/g)].map(([, file]) => file),
      folder,
    );
    assert.ok(texts[language].includes(notebookMap(language)));
  }
});

test('every notebook has a title and a question in the table', () => {
  for (const language of ['en', 'ko'] as const)
    for (const row of notebookMap(language).split('\n').slice(2))
      assert.match(row, /^\| \[\d+ · [^\]]+\]\([^)]+\) \| .{5,} \|$/);
});

test('both READMEs have the same headings, programs, tables, pictures and links', () => {
  const structure = (text: string) => ({
    headings: [...text.matchAll(/^#+/gm)].map(([marks]) => marks),
    programs: [...text.matchAll(/^```.*\n([^]*?)^```/gm)].map(([, lines = '']) => lines.replace(/ +#.*$/gm, '')),
    commands: [...text.matchAll(/`(npm [^`]+|OFA_[^`]+)`/g)].map(([, command]) => command).sort(),
    rows: text
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|').length),
    links: [...text.matchAll(/\]\(([^)]+)\)/g)]
      .map(([, target = '']) => target.replace('README.ko.md', 'README.md'))
      .sort(),
  });
  assert.deepEqual(structure(texts.ko), structure(texts.en));
});

test('every file and heading that a page links to exists', () => {
  const broken = markdownPages().flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)]
      .filter(([, target = '', heading]) => {
        const file = target === '' ? page : path.join(path.dirname(page), target);
        return !existsSync(file) || (heading !== undefined && !anchors(file).includes(heading));
      })
      .map(([link]) => `${page}: ${link}`),
  );
  assert.deepEqual(broken, []);
});

test('every command that a page names is defined in package.json', () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string()) })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')));
  const named = markdownPages().flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/npm run (?:-s )?([a-z][\w:]*)/g)].map(([, name = '']) => name),
  );
  assert.ok(named.length > 8);
  assert.deepEqual(
    named.filter((name) => !(name in scripts)),
    [],
  );
});

test('a block is replaced between its marks only', () => {
  assert.equal(
    withBlocks('a\n<!-- x -->\nold\n<!-- /x -->\nb', { x: 'new\n', y: 'missing' }),
    'a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb',
  );
  assert.throws(() => withBlocks('<!-- x -->', { x: '' }), /no valid marks/);
});

function markdownPages(): string[] {
  const docs = readdirSync('docs').filter((name) => name.endsWith('.md'));
  const rooms = readdirSync('lib', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('README.md'));
  return [
    'README.md',
    'README.ko.md',
    'CONTRIBUTING.md',
    ...docs.map((name) => path.join('docs', name)),
    ...rooms.map((name) => path.join('lib', name)),
  ];
}

/** The anchors of a page's headings, as GitHub forms them. */
function anchors(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
