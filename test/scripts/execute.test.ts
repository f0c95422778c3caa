import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { executeNotebooks, type Executed } from '../../scripts/notebooks/execute';

const folder = mkdtempSync(path.join(tmpdir(), 'notebooks-'));
after(() => rmSync(folder, { recursive: true }));

test('notebooks run on the Jupyter kernel in the project’s root, and errors of every kind are reported', async () => {
  const notebooks = [
    write('good', [
      "import { tf } from './lib/tensor/index';\ntf.matMul([[2]], [[3]]).print();",
      '#summary\nconsole.log(`six is ${2 * 3}`);',
    ]),
    write('thrown', ["throw new Error('thrown in a cell');", "#summary\nconsole.log('never reached');"]),
    write('typed', ["import { Random } from './lib/tensor/random';\nconst n: string = new Random('seed').uniform();"]),
    write('refused', [
      [
        "import { Random } from './lib/tensor/random';",
        "import { createModel } from './lib/models/zoo';",
        "createModel('resnet81', { classes: 10 }, new Random(0));",
      ].join('\n'),
    ]),
    write('unawaited', [
      "void setTimeout(() => { throw new Error('thrown later'); }, 50);",
      "void Promise.reject(new Error('not awaited'));",
    ]),
  ];
  const executed: Executed[] = [];
  for await (const event of executeNotebooks(notebooks, folder)) if (event.event === 'notebook') executed.push(event);

  assert.deepEqual(
    executed.map(({ notebook }) => notebook),
    notebooks.map((file) => path.basename(file)),
  );
  assert.deepEqual(executed[0]!.errors, []);
  assert.deepEqual(executed[0]!.summary, ['six is 6\n']);
  const [, thrown, typed, refused, unawaited] = executed.map(({ errors }) => errors.join('\n'));
  assert.match(thrown!, /thrown in a cell/);
  assert.deepEqual(executed[1]!.summary, [], 'output of an earlier execution is not reused');
  assert.match(typed!, /not assignable to parameter of type 'number'/);
  assert.match(typed!, /not assignable to type 'string'/);
  assert.match(refused!, /Unknown network "resnet81"\. Nearest: resnet/);
  assert.doesNotMatch(refused!, /\n\s+at /, 'a user error has no stack trace');
  assert.match(unawaited!, /UnhandledPromiseRejection: Error: not awaited/);
  assert.match(unawaited!, /UncaughtException: Error: thrown later/);

  const copy = readFileSync(path.join(folder, 'good.ipynb'), 'utf8');
  assert.match(copy, /\[\[6\],?\]/);
  assert.doesNotMatch(copy, /setTimeout/);
  assert.doesNotMatch(copy, /"name": "stderr"/);
  assert.match(readFileSync(path.join(folder, 'good.html'), 'utf8'), /six is 6/);
});

test('a failed execution keeps the last good notebook and page, and the next good one removes its files', async () => {
  const out = path.join(folder, 'out');
  mkdirSync(out);
  const execute = async (source: string): Promise<void> => {
    for await (const _ of executeNotebooks([write('kept', [source])], out));
  };
  await execute("console.log('the first result');");
  const files = ['kept.html', 'kept.ipynb'];
  const contents = (): string[] => files.map((name) => readFileSync(path.join(out, name), 'utf8'));
  const good = contents();
  await execute("throw new Error('a wrong parameter');");
  assert.deepEqual(contents(), good);
  assert.match(readFileSync(path.join(out, 'kept.failed.html'), 'utf8'), /a wrong parameter/);
  assert.deepEqual(readdirSync(out).sort(), ['kept.failed.html', 'kept.failed.ipynb', ...files]);
  await execute("console.log('the second result');");
  assert.match(contents()[0]!, /the second result/);
  assert.deepEqual(readdirSync(out).sort(), files);
});

/** Writes a notebook of code cells; a cell that starts with #summary gets that tag. */
function write(name: string, sources: readonly string[]): string {
  const cells = sources.map((source, index) => ({
    cell_type: 'code',
    id: `cell-${index}`,
    execution_count: 1,
    outputs: [{ output_type: 'stream', name: 'stdout', text: 'earlier output' }],
    metadata: source.startsWith('#summary\n') ? { tags: ['summary'] } : {},
    source: source.replace(/^#summary\n/, ''),
  }));
  const kernelspec = { name: 'tslab', display_name: 'TypeScript', language: 'typescript' };
  const file = path.join(folder, `${name}.ipynb`);
  writeFileSync(file, JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }));
  return file;
}
