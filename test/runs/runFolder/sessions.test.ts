import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { commit, thisMachine, versions } from '../../../lib/runs/runFolder/machine';
import { readSessions, startSession } from '../../../lib/runs/runFolder/sessions';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';

const now = {
  ...commit(),
  trainingVersion: 2,
  versions: versions(),
  machine: thisMachine(),
  threads: 2,
  processes: 1,
  seed: 0,
};

test('reports a resume with another processor, GPU, TensorFlow, kernels or commit', async (context) => {
  const runFolder = await temporaryFolder(context);
  await writeFile(path.join(runFolder, 'checkpoint.safetensors'), '');
  assert.deepEqual((await startSession(runFolder, now)).notices, []);
  assert.deepEqual((await startSession(runFolder, now)).notices, []);
  const elsewhere = {
    ...now,
    machine: { ...now.machine, gpu: 'H100' },
    versions: { ...now.versions, tensorflow: '2.0.0', kernels: 'other' },
  };
  const { first, notices } = await startSession(runFolder, elsewhere);
  const { tensorflow = 'none', kernels } = now.versions;
  const caution = 'results may differ in the last bits';
  assert.deepEqual(notices, [
    `resumed with H100; the last session had ${now.machine.processor}: ${caution}`,
    `resumed with TensorFlow 2.0.0; the last session had TensorFlow ${tensorflow}: ${caution}`,
    `resumed with kernels other; the last session had kernels ${kernels}: ${caution}`,
  ]);
  assert.equal(first.machine.gpu, now.machine.gpu);
  assert.match(
    (await startSession(runFolder, { ...elsewhere, commit: 'f'.repeat(40) })).notices.join(),
    /resumed at commit fffffff/,
  );
  assert.equal((await readSessions(runFolder)).length, 4);
});

test('rejects other threads, processes or another version of the training, and records no session', async (context) => {
  const runFolder = await temporaryFolder(context);
  await writeFile(path.join(runFolder, 'checkpoint.previous.safetensors'), '');
  await startSession(runFolder, now);
  await rejectsWith(
    startSession(runFolder, { ...now, threads: 3 }),
    'started with 2 threads, but this process has 3',
    'TF_NUM_INTRAOP_THREADS=2',
  );
  await rejectsWith(startSession(runFolder, { ...now, processes: 2 }), '--processes 1');
  await rejectsWith(
    startSession(runFolder, { ...now, trainingVersion: 3 }),
    'started with version 2 of the training, and this code has version 3',
    `Resume it at commit ${now.commit.slice(0, 7)}`,
  );
  assert.equal((await readSessions(runFolder)).length, 1);
});

test('rejects replaced input weights, unless they were not recorded', async (context) => {
  const runFolder = await temporaryFolder(context);
  await writeFile(path.join(runFolder, 'checkpoint.safetensors'), '');
  const given = (sha: string) => ({ teacher: { path: 'teacher.safetensors', sha256: sha.repeat(64) } });
  await startSession(runFolder, { ...now, givenWeights: given('a') });
  await rejectsWith(
    startSession(runFolder, { ...now, givenWeights: given('b') }),
    runFolder,
    "started with other teacher's weights",
    'teacher.safetensors',
    'Restore the former file',
  );
  await rejectsWith(
    startSession(runFolder, { ...now, givenWeights: { initial: given('b').teacher, teacher: given('b').teacher } }),
    "other teacher's weights",
  );
  assert.deepEqual(
    (await startSession(runFolder, { ...now, givenWeights: { ...given('a'), initial: given('b').teacher } })).notices,
    [],
  );
  assert.equal((await readSessions(runFolder)).length, 2);
});

test('ignores earlier sessions that left no checkpoint', async (context) => {
  const runFolder = await temporaryFolder(context);
  await startSession(runFolder, { ...now, commit: 'a'.repeat(40), threads: 1 });
  const { first, notices } = await startSession(runFolder, now);
  assert.deepEqual([first.commit, first.threads, notices], [now.commit, 2, []]);
  assert.equal((await readSessions(runFolder)).length, 1);
});
