import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { commit, thisMachine, versions } from '../../../lib/runs/runFolder/machine';
import { beginSession, sessions } from '../../../lib/runs/runFolder/sessions';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';

const now = { ...commit(), versions: versions(), machine: thisMachine(), threads: 2, processes: 1, seed: 0 };

test('whoever takes a run up elsewhere is told what its bits depend on: processor, GPU, TensorFlow, kernels, commit', async (context) => {
  const home = await temporaryFolder(context);
  await writeFile(path.join(home, 'checkpoint.safetensors'), '');
  assert.deepEqual((await beginSession(home, now)).notices, []);
  assert.deepEqual((await beginSession(home, now)).notices, []);
  const elsewhere = {
    ...now,
    machine: { ...now.machine, gpu: 'H100' },
    versions: { ...now.versions, tensorflow: '2.0.0', kernels: 'other' },
  };
  const { first, notices } = await beginSession(home, elsewhere);
  assert.deepEqual(notices, [
    `last worked at on ${now.machine.processor}, goes on with H100: bits may differ`,
    `last worked at on TensorFlow ${now.versions['tensorflow'] ?? 'none'}, goes on with TensorFlow 2.0.0: bits may differ`,
    `last worked at on kernels ${now.versions['kernels']}, goes on with kernels other: bits may differ`,
  ]);
  assert.equal(first.machine.gpu, now.machine.gpu);
  assert.match(
    (await beginSession(home, { ...elsewhere, commit: 'f'.repeat(40) })).notices.join(),
    /goes on with fffffff/,
  );
  assert.equal((await sessions(home)).length, 4);
});

test('another number of threads or processes is refused, and leaves no session', async (context) => {
  const home = await temporaryFolder(context);
  await writeFile(path.join(home, 'checkpoint.previous.safetensors'), '');
  await beginSession(home, now);
  await rejectsWith(
    beginSession(home, { ...now, threads: 3 }),
    'begun with 2 threads, and this process has 3',
    'TF_NUM_INTRAOP_THREADS=2',
  );
  await rejectsWith(beginSession(home, { ...now, processes: 2 }), '--processes 1');
  assert.equal((await sessions(home)).length, 1);
});

test('other weights under the same path are refused; where they were not noted nothing is said', async (context) => {
  const home = await temporaryFolder(context);
  await writeFile(path.join(home, 'checkpoint.safetensors'), '');
  const given = (sha: string) => ({ teacher: { path: 'teacher.safetensors', sha256: sha.repeat(64) } });
  await beginSession(home, { ...now, givenWeights: given('a') });
  await rejectsWith(
    beginSession(home, { ...now, givenWeights: given('b') }),
    home,
    'was given other weights of its teacher',
    'teacher.safetensors',
    'Put the former ones back',
  );
  await rejectsWith(
    beginSession(home, { ...now, givenWeights: { initial: given('b').teacher, teacher: given('b').teacher } }),
    'weights of its teacher',
  );
  assert.deepEqual(
    (await beginSession(home, { ...now, givenWeights: { ...given('a'), initial: given('b').teacher } })).notices,
    [],
  );
  assert.equal((await sessions(home)).length, 2);
});

test('who left nothing to go on from has no part in a run: not in its number of threads, and not in its record', async (context) => {
  const home = await temporaryFolder(context);
  await beginSession(home, { ...now, commit: 'a'.repeat(40), threads: 1 });
  const { first, notices } = await beginSession(home, now);
  assert.deepEqual([first.commit, first.threads, notices], [now.commit, 2, []]);
  assert.equal((await sessions(home)).length, 1);
});
