import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { syntheticImages } from '../../../lib/data/datasets/synthetic';
import { writeImageFolder } from '../../../lib/data/datasets/writeImageFolder';
import { isAbort } from '../../../lib/errors';
import { sha256 } from '../../../lib/io/sha256';
import { disposeModule } from '../../../lib/models/parameter';
import { readNetworks } from '../../../lib/models/own/readNetworks';
import { loadWeightsFile } from '../../../lib/models/weights/weights';
import { copyModel, createModel } from '../../../lib/models/zoo';
import { distil } from '../../../lib/runs/execution/distil';
import type { Pair } from '../../../lib/runs/execution/ownPair';
import { liveRun } from '../../../lib/runs/execution/liveRun';
import { finishedRecord } from '../../../lib/runs/runFolder/finishedRecord';
import type { Job } from '../../../lib/runs/plan/job';
import { pausedExitCode } from '../../../lib/runs/schedulers/task';
import * as tf from '../../../lib/tensor/engine/tf';
import { Random } from '../../../lib/tensor/random';
import { completeRecipe, parseRecipe } from '../../../lib/training/recipe/completeRecipe';
import { recipeId } from '../../../lib/training/recipe/recipe';
import { Training } from '../../../lib/training/training';
import { trainWithSnapshots } from '../../../lib/analysis/snapshots';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { images } from '../../training/example';
import { runToEnd, start, tiny } from '../example';

const convMixerFile = path.join('test', 'models', 'own', 'convMixer.ts');

/** Copies the file of the ConvMixer, and lets its imports name the library by its path. */
async function copyOfFile(folder: string): Promise<string> {
  const source = await readFile(convMixerFile, 'utf8');
  const file = path.join(folder, 'mine.ts');
  await writeFile(file, source.replaceAll('../../../lib', path.resolve('lib')));
  return file;
}

async function ownPair(context: TestContext): Promise<Pair> {
  const folder = await temporaryFolder(context);
  const made = (count: number, label: string) =>
    syntheticImages(new Random(0).fork(label), { count, classes: 4, size: { height: 32, width: 32 } });
  await writeImageFolder(made(48, 'train'), path.join(folder, 'train'));
  await writeImageFolder(made(16, 'test'), path.join(folder, 'test'));
  return {
    student: 'convmixer_16',
    teachers: [{ model: 'convmixer_16' }],
    method: { kind: 'ofa' },
    imageSize: 32,
    epochs: 1,
    data: { name: 'folder', path: path.join(folder, 'train'), validation: path.join(folder, 'test') },
  };
}

test('distils a network of the user from another, and rejects a networks file that has changed', async (context) => {
  const [pair, out] = [await ownPair(context), await temporaryFolder(context)];
  const networks = await readNetworks(convMixerFile);
  const options = { out, command: 'as in the test', networks };
  const stop = new AbortController();
  const onEvent = (): void => stop.abort();
  await assert.rejects(distil(pair, { ...options, signal: stop.signal, onEvent }), (error) =>
    isAbort(error, stop.signal),
  );
  const changed = { ...networks, sha256: networks.sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) };
  await rejectsWith(distil(pair, { ...options, networks: changed }), 'started with other networks', convMixerFile);

  const gain = await distil(pair, options);
  const given = { path: convMixerFile, sha256: await sha256(convMixerFile) };
  assert.deepEqual(gain.scratch.givenWeights, { networks: given });
  assert.deepEqual(gain.distilled.givenWeights?.networks, given);
  const student = createModel('convmixer_16', { classes: 4, networks }, new Random(1));
  loadWeightsFile(student, path.join(out, 'student.safetensors'));
  disposeModule(student);
  await rejectsWith(distil(pair, { ...options, networks: changed }), 'started with other networks');
  await rejectsWith(distil(pair, { out, command: '' }), 'student: Unknown network "convmixer_16"', 'teacher: Unknown');
});

test('a job in its own process creates the networks of its file, and rejects another on resume', async (context) => {
  const folder = await temporaryFolder(context);
  const networks = await copyOfFile(folder);
  const recipe = completeRecipe(
    { ...tiny.recipe, student: 'convmixer_16' },
    { networks: await readNetworks(networks) },
  );
  const job: Job = { id: recipeId(recipe), experiment: 'mine', row: 'mine', profile: 'smoke', recipe, networks };
  const missing = await runToEnd({ ...job, networks: path.join(folder, 'none.ts') }, folder);
  assert.equal(missing.code, 1);
  assert.match(missing.text, /none\.ts does not exist/);

  const { child, output, ended } = await start(job, folder);
  child.once('message', () => child.kill('SIGTERM'));
  assert.equal((await ended).code, pausedExitCode, output.join(''));
  const source = await readFile(networks, 'utf8');
  await writeFile(networks, `${source}// changed`);
  const changed = await runToEnd(job, folder);
  assert.equal(changed.code, 1);
  assert.match(changed.text, /started with other networks: .*mine\.ts has changed since/);
  await writeFile(networks, source);
  const resumed = await runToEnd(job, folder);
  assert.equal(resumed.code, 0, resumed.text);
  const record = await finishedRecord(job, folder);
  assert.deepEqual(record?.givenWeights, { networks: { path: networks, sha256: await sha256(networks) } });
});

test('recipes, live runs and snapshots accept networks that are passed to them', async (context) => {
  const networks = await readNetworks(convMixerFile);
  const given = { ...tiny.recipe, student: 'convmixer_16', epochs: 1, batchSize: 8, seed: 0 };
  assert.throws(() => parseRecipe(given), /Unknown network "convmixer_16"/);
  const recipe = parseRecipe(given, { networks });
  const training = new Training(recipe, { ...images, networks });
  const snapshots = await trainWithSnapshots(training, [1]);
  const last = snapshots.at(-1)!.model;
  const copy = copyModel(training.student, networks);
  const input = tf.zeros<tf.Rank.R4>([1, 32, 32, 3]);
  const [a, b] = [last, copy].map((model) => tf.tidy(() => model.forward(input, { mode: 'eval' }).logits.dataSync()));
  assert.deepEqual(a, b);
  input.dispose();
  [...snapshots.map(({ model }) => model), copy].forEach(disposeModule);
  training.dispose();

  const events: string[] = [];
  const folder = await temporaryFolder(context);
  for await (const { kind } of liveRun(given, { folder, method: undefined, networks })) events.push(kind);
  assert.equal(events.filter((kind) => kind === 'epoch').length, 1);
});
