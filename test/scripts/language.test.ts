import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { checkFile } from '../../scripts/language/checkFile.mjs';
import { isChecked, proseOf } from '../../scripts/language/prose.mjs';
import { temporaryFolder } from '../support/temporaryFolder';

const longSentence = `${'Many words make a sentence hard to read and '.repeat(4)}this one is too long.`;

test('reports replaced terms and long sentences in every kind of file, with the line', async (context) => {
  const folder = await temporaryFolder(context);
  const files: Readonly<Record<string, string>> = {
    'page.md': `# Title\n\nThe run is resumed.\n\nThe cache tells the batch.\n\n${longSentence}\n`,
    'program.ts':
      "// Why.\n\n/** Returns the batch that\n * the cache tells. */\nthrow new Error('the run goes on from here');\n",
    'kernel.cc': '// Adds rows.\nint a; // Sums the slopes of a batch.\n',
    'script.py': '"""Prints the batch that the cache tells."""\nx = 1  \n# The run goes on.\n',
    'settings.yml': '# Stored anew for each run.\nkey: value\n',
    'notebook.ipynb': JSON.stringify({
      cells: [
        { cell_type: 'markdown', source: ['The run is resumed.\n', '\n', 'It goes on.'] },
        { cell_type: 'code', source: '// The cache tells it.\nconst a = 1;' },
      ],
    }),
  };
  const found: Record<string, string[]> = {};
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    found[name] = (await checkFile(file)).map(
      ({ place, message }: { place: string; message: string }) => `${place} ${/^\w+/.exec(message)?.[0]}`,
    );
  }
  assert.deepEqual(found, {
    'page.md': ['5 tells', '7 Exceeds'],
    'program.ts': ['4 tells', '5 goes'],
    'kernel.cc': ['2 slopes'],
    'script.py': ['1 tells', '3 goes'],
    'settings.yml': ['1 anew'],
    'notebook.ipynb': ['cell 1, line 3 goes', 'cell 2, line 1 tells'],
  });
});

test('ignores code: in Markdown, and strings that are not sentences', () => {
  const { text } = proseOf('a.ts', "// Calls `tells()`.\nimport a from './goes/on';\nconst key = 'goes on';\n");
  assert.equal(text.trim(), 'Calls `tells()`.');
});

test('skips generated pages and data', () => {
  assert.deepEqual(['README.md', 'docs/errors.md', 'data/results/a.md', '.ci/run', 'a.png'].map(isChecked), [
    true,
    false,
    false,
    true,
    false,
  ]);
});

test('rejects a path that does not exist', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/language.mjs', 'no/such'], { encoding: 'utf8' });
  assert.equal(status, 2);
  assert.match(stderr, /no\/such does not exist/);
});
