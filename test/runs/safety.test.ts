import assert from 'node:assert/strict';
import { once } from 'node:events';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, readdir, rename, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { homeOf } from '../../lib/runs/runFolder/paths';
import { readPlan, writePlan } from '../../lib/runs/job/job';
import { processNamespace } from '../../lib/io/processNamespace';
import { lockFolder, lockedBy } from '../../lib/runs/runFolder/lock';
import { damagedFiles } from '../../lib/runs/runFolder/manifest';
import { sessions } from '../../lib/runs/runFolder/sessions';
import { jobState } from '../../lib/runs/runFolder/state';
import type { TrainingEvent } from '../../lib/training/event';
import { rejectsWith } from '../support/rejectsWith';
import { temporaryFolder } from '../support/temporaryFolder';
import { jobsOf, logOf, runToEnd, start, tiny, weightsHash } from './example';

const [job] = jobsOf();
/** Long enough to be stopped in its midst three times. */
const [long] = jobsOf([{ ...tiny, recipe: { ...tiny.recipe, epochs: 6 } }]);

test('stopped by SIGTERM, SIGUSR1 or Ctrl-C it leaves a checkpoint and exit code 75; a second process leaves it alone; its threads are kept; it ends with the same weights', async (context) => {
  const [calm, folder] = [await temporaryFolder(context), await temporaryFolder(context)];
  assert.equal((await runToEnd(long!, calm)).code, 0);
  for (const signal of ['SIGTERM', 'SIGUSR1', 'SIGINT'] as const) {
    // Another number of threads is asked for than it was begun with.
    const { child, ended, told } = await start(
      long!,
      folder,
      signal === 'SIGTERM' ? {} : { TF_NUM_INTRAOP_THREADS: '2' },
    );
    await once(child, 'message');
    if (signal === 'SIGTERM') {
      child.kill('SIGSTOP');
      const second = await runToEnd(long!, folder);
      assert.equal(second.code, 75);
      assert.match(second.text, new RegExp(`Process ${child.pid} on .* leaves it alone`));
      child.kill('SIGCONT');
    }
    child.kill(signal);
    assert.deepEqual(await ended, { code: 75, signal: null }, told.join(''));
    assert.ok(existsSync(path.join(homeOf(long!, folder), 'checkpoint.safetensors')));
    assert.equal((await jobState(long!, folder)).kind, 'paused');
  }
  const { code, text } = await runToEnd(long!, folder, { TF_NUM_INTRAOP_THREADS: '2' });
  assert.equal(code, 0, text);
  assert.match(text, /goes on after epoch/);
  assert.deepEqual(
    (await sessions(homeOf(long!, folder))).map(({ threads }) => threads),
    [1, 1, 1, 1],
  );
  assert.equal(await weightsHash(long!, folder), await weightsHash(long!, calm));
  assert.match(await logOf(long!, folder), /stopped, with a checkpoint[^]*finished: top-1/);
  assert.equal((await runToEnd(long!, folder)).code, 0);
  assert.equal((await sessions(homeOf(long!, folder))).length, 4, 'a finished job is not run again');

  await appendFile(path.join(homeOf(long!, folder), 'metrics.jsonl'), ' ');
  assert.deepEqual(await damagedFiles(homeOf(long!, folder)), ['metrics.jsonl']);
});

test('a number in a checkpoint that changed on the disk is noticed, and the checkpoint before it taken; a clock set back is told; a failure is noted', async (context) => {
  const folder = await temporaryFolder(context);
  const { child, ended } = await start(job!, folder);
  await once(child, 'message');
  await once(child, 'message');
  child.kill('SIGTERM');
  await ended;
  const home = homeOf(job!, folder);
  const file = path.join(home, 'checkpoint.safetensors');
  const bytes = await readFile(file);
  bytes[bytes.length - 9] ^= 1;
  await writeFile(file, bytes);
  const [first] = await sessions(home);
  await appendFile(
    path.join(home, 'sessions.jsonl'),
    `${JSON.stringify({ ...first, started: '2999-01-01T00:00:00.000Z' })}\n`,
  );
  const { code, text } = await runToEnd(job!, folder);
  assert.equal(code, 0, text);
  assert.match(text, /checkpoint\.safetensors is damaged.*; goes on after epoch/);
  assert.match(text, /the clock was set back/);

  const [broken] = jobsOf([
    {
      ...tiny,
      recipe: {
        ...tiny.recipe,
        method: { kind: 'kd' },
        teacher: { model: 'resnet_16', weights: path.join(folder, 'none.safetensors') },
      },
    },
  ]);
  assert.equal((await runToEnd(broken!, folder)).code, 1);
  const state = await jobState(broken!, folder);
  assert.ok(state.kind === 'failed' && /weights are not at/.test(state.message));
});

test('a recipe that was changed in a plan is refused by line', async (context) => {
  const folder = await temporaryFolder(context);
  const file = await writePlan(jobsOf(), folder);
  await writeFile(file, (await readFile(file, 'utf8')).replace('"learningRate":0.001', '"learningRate":0.002'));
  await rejectsWith(readPlan(file), 'line 1', 'was changed');
});

test('a full disk is told in words; with room again the run goes on and ends with the same weights', async (context) => {
  if (spawnSync('unshare', ['-rm', 'true']).status !== 0) {
    context.skip('no right to mount a small disk here (unshare -rm)');
    return;
  }
  const [calm, folder] = [await temporaryFolder(context), await temporaryFolder(context)];
  const plan = await writePlan(jobsOf(), folder);
  const disk = path.join(folder, 'disk');
  await mkdir(disk);
  // Room for one checkpoint and not for a second beside it; then for as many as it likes.
  const run = `"${process.execPath}" --import tsx scripts/job.ts "${plan}" 0 --out "${disk}" --checkpoint-seconds 0; echo "exit $?"`;
  const script = `mount -t tmpfs -o size=1500k none "${disk}"; ${run}; mount -o remount,size=100m "${disk}"; ${run}; cp -r "${disk}/." "${folder}/kept"`;
  const told = execFileSync('unshare', ['-rm', 'sh', '-c', `mkdir -p "${folder}/kept"; { ${script}; } 2>&1`], {
    encoding: 'utf8',
    env: { ...process.env, TF_NUM_INTRAOP_THREADS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.match(told, /the disk is full/);
  assert.match(told, /exit 1[^]*exit 0/);
  assert.equal((await runToEnd(job!, calm)).code, 0);
  assert.equal(await weightsHash(job!, path.join(folder, 'kept')), await weightsHash(job!, calm));
});

test('weights that students wait for are put in their place by a job that another experiment has finished', async (context) => {
  const folder = await temporaryFolder(context);
  const place = path.join(folder, 'published', 'teacher.safetensors');
  assert.equal((await runToEnd(job!, folder)).code, 0);
  assert.ok(!existsSync(place));
  const [same] = jobsOf([{ ...tiny, publishes: place }]);
  assert.equal(same!.id, job!.id);
  assert.equal((await runToEnd(same!, folder)).code, 0);
  assert.deepEqual(await readFile(place), await readFile(path.join(homeOf(job!, folder), 'student.safetensors')));
});

test('metrics that lost an epoch make no record', async (context) => {
  const folder = await temporaryFolder(context);
  const { child, ended } = await start(long!, folder);
  while (((await once(child, 'message')) as [TrainingEvent])[0].kind !== 'epoch');
  child.kill('SIGTERM');
  assert.equal((await ended).code, 75);
  await writeFile(path.join(homeOf(long!, folder), 'metrics.jsonl'), '');
  const { code, text } = await runToEnd(long!, folder);
  assert.equal(code, 1, text);
  assert.match(text, /metrics\.jsonl tells of \d of 6 epochs: there is no whole result to record/);
});

test('the lock of a dead process is taken over, that of a living one is not; many may ask at once and one gets it', async (context) => {
  const folder = await temporaryFolder(context);
  const release = await lockFolder(folder);
  assert.match((await lockedBy(folder)) ?? '', new RegExp(`process ${process.pid} `));
  await rejectsWith(lockFolder(folder), `Process ${process.pid}`, 'If that process is gone, remove');
  const file = path.join(folder, 'lock');
  await rename(file, `${file}.mine`);
  // This process's number, but born at another time: the number was given again.
  await writeFile(
    file,
    JSON.stringify({
      host: os.hostname(),
      pid: process.pid,
      space: processNamespace(),
      born: '1',
      since: '2026-01-01T00:00:00.000Z',
    }),
  );
  assert.equal(await lockedBy(folder), undefined);
  const answers = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
  assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const answer of answers) if (answer.status === 'fulfilled') await answer.value();
  await release();
  assert.deepEqual(await readdir(folder), ['lock.mine']);
  await writeFile(
    file,
    JSON.stringify({ host: 'another-machine', pid: 1, born: '1', since: '2026-01-01T00:00:00.000Z' }),
  );
  await rejectsWith(lockFolder(folder), 'on another-machine');
  // A container with this machine's name counts its processes anew.
  await writeFile(
    file,
    JSON.stringify({
      host: os.hostname(),
      pid: 4194399,
      space: `${os.hostname()}-1`,
      born: '1',
      since: '2026-01-01T00:00:00.000Z',
    }),
  );
  await rejectsWith(lockFolder(folder), 'Process 4194399');
  // Ten minutes without a sign of life.
  const past = new Date(Date.now() - 11 * 60_000);
  await utimes(file, past, past);
  assert.equal(await lockedBy(folder), undefined, 'nor is it told as running');
  await (
    await lockFolder(folder)
  )();
});
