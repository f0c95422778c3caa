import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { selectedJobs } from '../../scripts/experiment/selected';
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

  const other = path.join(folder, 'other.ts');
  await writeFile(other, source.replace("name: 'mine'", "name: 'story'"));
  await rejectsWith(selectedJobs('story', { ...options, networks: other }), 'has an experiment named story');
});
