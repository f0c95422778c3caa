import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { blocks, readmes, renewed } from '../../scripts/readme';
import { notebookMap } from '../../scripts/readme/map';

const texts = { en: readFileSync(readmes.en, 'utf8'), ko: readFileSync(readmes.ko, 'utf8') };

test('what is generated in both READMEs is current', async () => {
  for (const language of ['en', 'ko'] as const)
    assert.ok(
      texts[language] === renewed(texts[language], await blocks(language)),
      `${readmes[language]} is not current: npm run readme`,
    );
});

test('the map of the notebooks is the folder', () => {
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

test('every notebook has a title and a question in the map', () => {
  for (const language of ['en', 'ko'] as const)
    for (const row of notebookMap(language).split('\n').slice(2))
      assert.match(row, /^\| \[\d+ · [^\]]+\]\([^)]+\) \| .{5,} \|$/);
});

test('both READMEs have one structure: headings, programs, tables, pictures and links', () => {
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

test('every file that a README or a page of docs names is there', () => {
  const pages = [
    'README.md',
    'README.ko.md',
    ...readdirSync('docs')
      .filter((name) => name.endsWith('.md'))
      .map((name) => path.join('docs', name)),
  ];
  const missing = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)]
      .map(([, target = '']) => path.join(path.dirname(page), target))
      .filter((target) => !existsSync(target))
      .map((target) => `${page}: ${target}`),
  );
  assert.deepEqual(missing, []);
});

test('every command that a README names is one of package.json', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const named = [...texts.en.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name = '']) => name);
  assert.ok(named.length > 8);
  assert.deepEqual(
    named.filter((name) => !(name in scripts)),
    [],
  );
});

test('a block is renewed between its marks, and only there', () => {
  assert.equal(
    renewed('a\n<!-- x -->\nold\n<!-- /x -->\nb', { x: 'new\n', y: 'none' }),
    'a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb',
  );
  assert.throws(() => renewed('<!-- x -->', { x: '' }), /must stand between/);
});
