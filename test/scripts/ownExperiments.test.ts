import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { addRecord } from '../../scripts/experiment/records';
import { selectedJobs } from '../../scripts/experiment/selected';
import { readRecords } from '../../lib/results/records/readRecords';
import { identifiedRecord } from '../results/support';
import { rejectsWith } from '../support/rejectsWith';
import { temporaryFolder } from '../support/temporaryFolder';

test('plans the experiments of a networks file, and rejects names of the library', async (context) => {
  const folder = await temporaryFolder(context);
  const file = path.join(folder, 'mine.ts');
  const experiment = (name: string): string =>
    `({ ...base, name: '${name}', rows: { ...base.rows, smoke: [{ ...tiny, recipe }] } })`;
  const source = [
    `import { experimentOf, tiny } from ${JSON.stringify(path.resolve('test', 'runs', 'example'))};`,
    `export { convMixer } from ${JSON.stringify(path.resolve('test', 'models', 'own', 'convMixer'))};`,
    `const base = experimentOf([]);`,
    `const recipe = { ...tiny.recipe, student: 'convmixer_16' };`,
    `export const mine = ${experiment('mine')};`,
  ].join('\n');
  await writeFile(file, source);
  const options = { profile: 'smoke', out: folder, networks: file } as const;
  const { jobs, experiment: found } = await selectedJobs('mine', options);
  assert.equal(found.name, 'mine');
  assert.deepEqual(
    jobs.map(({ recipe, networks }) => [recipe.student, networks]),
    [['convmixer_16', file]],
  );
  // Jobs of the library do not depend on the file.
  assert.ok((await selectedJobs('story', options)).jobs.every(({ networks }) => networks === undefined));
  await rejectsWith(selectedJobs('mine', { profile: 'smoke', out: folder }), 'Unknown experiment "mine"');

  // The claims are tested on the records of the project, which are about networks of the library.
  const [job] = jobs;
  const record = identifiedRecord({ experiment: 'mine', profile: 'laptop' });
  await addRecord({ ...job!, profile: 'laptop' }, record, folder);
  assert.deepEqual(
    (await readRecords(path.join(folder, 'results', 'mine.jsonl'))).map(({ id }) => id),
    [record.id],
  );

  const other = path.join(folder, 'other.ts');
  await writeFile(other, source.replace("name: 'mine'", "name: 'story'"));
  await rejectsWith(selectedJobs('story', { ...options, networks: other }), 'has an experiment named story');
});

test('names what is wrong with an experiment of a networks file, and fills in profiles', async (context) => {
  const folder = await temporaryFolder(context);
  const network = path.resolve('test', 'models', 'own', 'convMixer');
  let count = 0;
  const planned = async (experiment: string, profile: 'smoke' | 'laptop' = 'laptop') => {
    // A process runs a file once, so that each case has its own.
    const file = path.join(folder, `${count++}.ts`);
    const imports = `import { tiny } from ${JSON.stringify(path.resolve('test', 'runs', 'example'))};`;
    await writeFile(file, `${imports}\nexport * from ${JSON.stringify(network)};\nexport const a = ${experiment};`);
    return selectedJobs('mine', { profile, out: folder, networks: file });
  };
  assert.equal((await planned("{ name: 'mine', title: '?', seeds: [0, 1], rows: { laptop: [tiny] } }")).jobs.length, 2);
  for (const [experiment, ...words] of [
    ["{ name: 'mine', title: '?', seeds: [0], rows: [tiny] }", 'a is not a valid experiment', 'rows: Expected object'],
    ["{ name: 'mine', title: '?', seeds: [], rows: {} }", 'seeds: Array must contain at least 1 element'],
    ["{ name: 'mine', seeds: 0, rows: {} }", 'title: Required', 'seeds: Expected array'],
    ["{ name: '../mine', title: '?', seeds: [0], rows: {} }", 'name: use letters, digits', 'it is "../mine"'],
    ["{ name: 'mine', title: '?', seeds: [0], rows: { laptop: [tiny, tiny] } }", 'rows.laptop: two rows have the same'],
    ["{ name: 'mine', title: '?', seeds: [0], rows: { laptop: [{ name: 'a' }] } }", 'rows.laptop.0.recipe: Required'],
    ["{ name: 'mine', title: '?', seeds: [0], rows: { phone: [] } }", "Unrecognized key(s) in object: 'phone'"],
    ["{ name: 'mine', title: '?', seeds: [0], rows: {} }", 'has no rows at the profile "laptop"'],
  ] as const)
    await rejectsWith(planned(experiment), ...words);
});

test('runs an experiment of a networks file once, and not again after the file has changed', async (context) => {
  const folder = await temporaryFolder(context);
  const file = path.join(folder, 'mine.ts');
  const source = (await readFile(path.join('test', 'models', 'own', 'convMixer.ts'), 'utf8')).replaceAll(
    '../../../lib',
    path.resolve('lib'),
  );
  const experiment =
    `import { tiny } from ${JSON.stringify(path.resolve('test', 'runs', 'example'))};\n` +
    "const row = { ...tiny, recipe: { ...tiny.recipe, epochs: 1, student: 'convmixer_16' } };\n" +
    "export const mine = { name: 'mine', title: '?', seeds: [0], rows: { smoke: [row] } };\n";
  await writeFile(file, source + experiment);
  const args = ['run', 'mine', '--networks', file, '--profile', 'smoke', '--out', path.join(folder, 'runs')];
  const run = () =>
    spawnSync(process.execPath, ['--import', 'tsx', 'scripts/experiment.ts', ...args], { encoding: 'utf8' });
  assert.match(run().stdout, /tiny, seed 0: top-1/);
  const again = run();
  assert.deepEqual([again.status, again.stderr], [0, '1 of 1 jobs are finished.\n']);
  await writeFile(file, `${source}${experiment}// changed\n`);
  const changed = run();
  assert.equal(changed.status, 1);
  assert.match(
    changed.stderr,
    /^0 of 1 jobs are finished\.\ntiny, seed 0: .*started with other networks: .*mine\.ts has changed since\. .*\.\n$/,
  );
});
