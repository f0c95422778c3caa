import assert from 'node:assert/strict';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { executeNotebooks, type Executed } from '../../../scripts/notebooks/execute';
import { temporaryFolder } from '../../support/temporaryFolder';

/** How long a file watcher may take to see a change, in milliseconds: TypeScript polls every 250 ms. */
const seen = 700;

test('cells survive edits of lib while they run, and a later cell uses the new code', async (context) => {
  const project = await copyOfTheJupyterKernel(await temporaryFolder(context));
  const lib = path.join(project, 'lib');
  const value = (name: string, number: number): string => `export const ${name} = (): number => ${number};\n`;
  for (const [name, number] of [
    ['first', 1],
    ['second', 2],
  ] as const)
    await writeFile(path.join(lib, `${name}.ts`), value(name, number));

  // Both files change twice: once in place, and once as editors save, by a new file that replaces the old one.
  const edit = `
const { renameSync, writeFileSync } = await import('node:fs');
const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, ${seen}));
for (const round of [1, 2]) {
  for (const name of ['first', 'second']) {
    const file = './lib/' + name + '.ts';
    const text = 'export const ' + name + ' = (): number => ' + 10 * round + ';\\n';
    if (round === 1) {
      writeFileSync(file, text);
    } else {
      writeFileSync(file + '.draft', text);
      renameSync(file + '.draft', file);
    }
    writeFileSync('./node_modules/added-' + name + round + '.js', '');
  }
  await wait();
}
console.log('edited', first(), second());`;
  const cells = [
    "import { first } from './lib/first';\nimport { second } from './lib/second';\nconsole.log(first(), second());",
    edit,
    "import { first as newFirst } from './lib/first';\nconsole.log('then', newFirst());",
    "import { second as newSecond } from './lib/second';\nconsole.log('last', newSecond());",
  ];
  const notebook = path.join(project, 'edits.ipynb');
  const kernelspec = { name: 'tslab', display_name: 'TypeScript', language: 'typescript' };
  await writeFile(
    notebook,
    JSON.stringify({
      cells: cells.map((source, index) => ({
        cell_type: 'code',
        id: `cell-${index}`,
        execution_count: null,
        outputs: [],
        metadata: { tags: ['summary'] },
        source,
      })),
      metadata: { kernelspec },
      nbformat: 4,
      nbformat_minor: 5,
    }),
  );
  const executed: Executed[] = [];
  for await (const event of executeNotebooks([notebook], project)) if (event.event === 'notebook') executed.push(event);
  assert.deepEqual(executed[0]!.errors, []);
  assert.deepEqual(executed[0]!.summary, ['1 2\n', 'edited 1 2\n', 'then 20\n', 'last 20\n']);
});

/** A project with this Jupyter kernel and an empty lib, which executed notebooks use until the process ends. */
async function copyOfTheJupyterKernel(folder: string): Promise<string> {
  for (const part of ['kernel.mjs', 'kernel', 'setup'])
    await cp(path.join('scripts', part), path.join(folder, 'scripts', part), { recursive: true });
  await mkdir(path.join(folder, 'lib'));
  await mkdir(path.join(folder, 'node_modules'));
  for (const name of ['tslab', '@tslab', 'esbuild', '@esbuild', '@types', 'zeromq'])
    await symlink(path.resolve('node_modules', name), path.join(folder, 'node_modules', name));
  const spec = path.join('.venv', 'share', 'jupyter', 'kernels', 'tslab', 'kernel.json');
  const installed = await readFile(spec, 'utf8');
  const copied = path.join(folder, 'share', 'kernels', 'tslab');
  await mkdir(copied, { recursive: true });
  await writeFile(
    path.join(copied, 'kernel.json'),
    installed.replaceAll(path.resolve('scripts'), path.join(folder, 'scripts')),
  );
  process.env.JUPYTER_PATH = path.join(folder, 'share');
  return folder;
}
