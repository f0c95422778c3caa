import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { commit, thisMachine, versions } from '../../../lib/runs/runFolder/machine';
import { readSessions, startSession } from '../../../lib/runs/runFolder/sessions';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';

const now = { ...commit(), versions: versions(), machine: thisMachine(), threads: 2, processes: 1, seed: 0 };

test('reports a resume with another processor, GPU, TensorFlow, kernels or commit', async (context) => {
  const home = await temporaryFolder(context);
  await writeFile(path.join(home, 'checkpoint.safetensors'), '');
  assert.deepEqual((await startSession(home, now)).notices, []);
  assert.deepEqual((await startSession(home, now)).notices, []);
  const elsewhere = {
    ...now,
    machine: { ...now.machine, gpu: 'H100' },
    versions: { ...now.versions, tensorflow: '2.0.0', kernels: 'other' },
  };
  const { first, notices } = await startSession(home, elsewhere);
  assert.deepEqual(notices, [
    `resumed with H100; the last session had ${now.machine.processor}: results may differ in the last bits`,
    `resumed with TensorFlow 2.0.0; the last session had TensorFlow ${now.versions['tensorflow'] ?? 'none'}: results may differ in the last bits`,
    `resumed with kernels other; the last session had kernels ${now.versions['kernels']}: results may differ in the last bits`,
  ]);
  assert.equal(first.machine.gpu, now.machine.gpu);
  assert.match(
    (await startSession(home, { ...elsewhere, commit: 'f'.repeat(40) })).notices.join(),
    /resumed at commit fffffff/,
  );
  assert.equal((await readSessions(home)).length, 4);
});

test('rejects another number of threads or processes, without recording a session', async (context) => {
  const home = await temporaryFolder(context);
  await writeFile(path.join(home, 'checkpoint.previous.safetensors'), '');
  await startSession(home, now);
  await rejectsWith(
    startSession(home, { ...now, threads: 3 }),
    'started with 2 threads, but this process has 3',
    'TF_NUM_INTRAOP_THREADS=2',
  );
  await rejectsWith(startSession(home, { ...now, processes: 2 }), '--processes 1');
  assert.equal((await readSessions(home)).length, 1);
});

test('rejects replaced input weights, unless they were not recorded', async (context) => {
  const home = await temporaryFolder(context);
  await writeFile(path.join(home, 'checkpoint.safetensors'), '');
  const given = (sha: string) => ({ teacher: { path: 'teacher.safetensors', sha256: sha.repeat(64) } });
  await startSession(home, { ...now, givenWeights: given('a') });
  await rejectsWith(
    startSession(home, { ...now, givenWeights: given('b') }),
    home,
    "started with other teacher's weights",
    'teacher.safetensors',
    'Restore the former file',
  );
  await rejectsWith(
    startSession(home, { ...now, givenWeights: { initial: given('b').teacher, teacher: given('b').teacher } }),
    "other teacher's weights",
  );
  assert.deepEqual(
    (await startSession(home, { ...now, givenWeights: { ...given('a'), initial: given('b').teacher } })).notices,
    [],
  );
  assert.equal((await readSessions(home)).length, 2);
});

test('ignores earlier sessions that left no checkpoint', async (context) => {
  const home = await temporaryFolder(context);
  await startSession(home, { ...now, commit: 'a'.repeat(40), threads: 1 });
  const { first, notices } = await startSession(home, now);
  assert.deepEqual([first.commit, first.threads, notices], [now.commit, 2, []]);
  assert.equal((await readSessions(home)).length, 1);
});
