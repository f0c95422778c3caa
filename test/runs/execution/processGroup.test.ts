import assert from 'node:assert/strict';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSafetensors, type StoredTensor } from '../../../lib/io/safetensors/safetensors';
import { runFolderOf } from '../../../lib/runs/runFolder/paths';
import { finishedRecord } from '../../../lib/runs/runFolder/finishedRecord';
import type { Job } from '../../../lib/runs/plan/job';
import { readSessions } from '../../../lib/runs/runFolder/sessions';
import { expectClose } from '../../support/close';
import { temporaryFolder } from '../../support/temporaryFolder';
import { jobsOf, runToEnd, start, tiny, weightsHash } from '../example';

/** A CNN with batch norm and exit branches; five steps an epoch, each of two micro-batches. */
const shared = {
  ...tiny.recipe,
  student: 'resnet_16',
  teacher: { model: 'mixer_64', weights: 'fresh' },
  method: { kind: 'ofa', stages: [4] },
  accumulation: 2,
  optimizer: { name: 'sgd' },
  learningRate: 0.02,
  clipNorm: 5,
} as const;
const [job, uncut, crd, spofa] = jobsOf([
  { name: 'shared', recipe: shared },
  { name: 'uncut', recipe: { ...shared, accumulation: 1 } },
  { name: 'crd', recipe: { ...shared, method: { kind: 'crd', negatives: 8 } } },
  { name: 'spofa', recipe: { ...shared, method: { kind: 'spofa', stages: [4] } } },
]);

test('two processes train the weights of one, and resume to the same after a stop or crash', async (context) => {
  const [alone, together, disturbed] = [
    await temporaryFolder(context),
    await temporaryFolder(context),
    await temporaryFolder(context),
  ];
  assert.equal((await runToEnd(job!, alone)).code, 0);
  const { code, text } = await runToEnd(job!, together, {}, 2);
  assert.equal(code, 0, text);
  const [one, two] = [weights(alone), weights(together)];
  assert.deepEqual([...two.keys()], [...one.keys()]);
  // One process updates running means by each micro-batch in turn; two average theirs.
  for (const [name, { data }] of one)
    if (!name.includes('running')) expectClose(two.get(name)!.data, data, { relative: 1e-5, absolute: 1e-5 }, name);
  assert.equal((await finishedRecord(job!, together))?.processes, 2);
  assert.equal((await finishedRecord(job!, alone))?.processes, undefined);

  const stopped = await start(job!, disturbed, {}, 2);
  await once(stopped.child, 'message');
  stopped.child.kill('SIGTERM');
  assert.deepEqual(await stopped.ended, { code: 75, signal: null }, stopped.output.join(''));
  // Resumes with two processes, though the command requests one.
  const widowed = await start(job!, disturbed);
  await once(widowed.child, 'message');
  process.kill(helperOf(widowed.child.pid!), 'SIGKILL');
  assert.equal((await widowed.ended).code, 1, widowed.output.join(''));
  assert.match(widowed.output.join(''), /One of the processes that train together has ended/);
  assert.equal((await runToEnd(job!, disturbed)).code, 0);
  assert.deepEqual(
    (await readSessions(runFolderOf(job!, disturbed))).map(({ processes }) => processes),
    [2, 2, 2],
  );
  assert.equal(await weightsHash(job!, disturbed), await weightsHash(job!, together));
});

test('ends the helper if the leading process is killed', async (context) => {
  const { child } = await start(job!, await temporaryFolder(context), {}, 2);
  await once(child, 'message');
  const helper = helperOf(child.pid!);
  // Not 'close': the helper shares the output.
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  for (let waited = 0; lives(helper); waited++) {
    assert.ok(waited < 300, `process ${helper} is left over`);
    await sleep(100);
  }
});

test('rejects batches without micro-batches, and methods that remember their examples', async (context) => {
  const folder = await temporaryFolder(context);
  const refused = async (one: Job, message: RegExp): Promise<void> => {
    const { code, text } = await runToEnd(one, folder, {}, 2);
    assert.equal(code, 1);
    assert.match(text, message);
  };
  await refused(
    uncut!,
    /2 processes cannot share a batch that is not cut: the recipe's accumulation must be a multiple of 2/,
  );
  await refused(crd!, /CRD cannot be trained by several processes/);
  await refused(spofa!, /SPOFA cannot be trained by several processes/);
});

function weights(folder: string): ReadonlyMap<string, StoredTensor> {
  return readSafetensors(path.join(runFolderOf(job!, folder), 'student.safetensors')).tensors;
}

function helperOf(pid: number): number {
  return Number(
    execFileSync('sh', ['-c', `cat /proc/${pid}/task/*/children`], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)[0],
  );
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
