import assert from 'node:assert/strict';
import { once } from 'node:events';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, readdir, rename, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readSafetensors } from '../../lib/io/safetensors/safetensors';
import { savedInput } from '../../lib/models/weights/savedInput';
import { runFolderOf, studentFile } from '../../lib/runs/runFolder/paths';
import { readPlan, writePlan } from '../../lib/runs/plan/planFile';
import { processNamespace } from '../../lib/io/processNamespace';
import { lockFolder, lockHolder } from '../../lib/runs/runFolder/lock';
import { damagedFiles } from '../../lib/runs/runFolder/manifest';
import { readSessions } from '../../lib/runs/runFolder/sessions';
import { jobState } from '../../lib/runs/runFolder/state';
import type { TrainingEvent } from '../../lib/training/event';
import { rejectsWith } from '../support/rejectsWith';
import { temporaryFolder } from '../support/temporaryFolder';
import { jobsOf, logOf, runToEnd, start, tiny, weightsHash } from './example';

const [job] = jobsOf();
/** Long enough to be stopped three times. */
const [long] = jobsOf([{ ...tiny, recipe: { ...tiny.recipe, epochs: 6 } }]);

test('pauses with exit code 75 on SIGTERM, SIGUSR1 and Ctrl-C, and resumes to the same weights', async (context) => {
  const [undisturbed, folder] = [await temporaryFolder(context), await temporaryFolder(context)];
  assert.equal((await runToEnd(long!, undisturbed)).code, 0);
  for (const signal of ['SIGTERM', 'SIGUSR1', 'SIGINT'] as const) {
    // The second and third process request another number of threads than the run started with.
    const { child, ended, output } = await start(
      long!,
      folder,
      signal === 'SIGTERM' ? {} : { TF_NUM_INTRAOP_THREADS: '2' },
    );
    await once(child, 'message');
    if (signal === 'SIGTERM') {
      child.kill('SIGSTOP');
      const second = await runToEnd(long!, folder);
      assert.equal(second.code, 75);
      assert.match(
        second.text,
        new RegExp(`Process ${child.pid} on .* has been running .* since .*\\. Wait until it ends\\.`),
      );
      child.kill('SIGCONT');
    }
    child.kill(signal);
    assert.deepEqual(await ended, { code: 75, signal: null }, output.join(''));
    assert.ok(existsSync(path.join(runFolderOf(long!, folder), 'checkpoint.safetensors')));
    assert.equal((await jobState(long!, folder)).kind, 'paused');
  }
  const { code, text } = await runToEnd(long!, folder, { TF_NUM_INTRAOP_THREADS: '2' });
  assert.equal(code, 0, text);
  assert.match(text, /resumes after epoch/);
  assert.deepEqual(
    (await readSessions(runFolderOf(long!, folder))).map(({ threads }) => threads),
    [1, 1, 1, 1],
  );
  assert.equal(await weightsHash(long!, folder), await weightsHash(long!, undisturbed));
  assert.match(await logOf(long!, folder), /stopped, with a checkpoint[^]*finished: top-1/);
  const { metadata } = readSafetensors(studentFile(runFolderOf(long!, folder)));
  assert.equal(savedInput(metadata, 'student')?.cropShare, 1, "images of the network's size are not cropped");
  assert.equal((await runToEnd(long!, folder)).code, 0);
  assert.equal((await readSessions(runFolderOf(long!, folder))).length, 4, 'a finished job is not run again');

  await appendFile(path.join(runFolderOf(long!, folder), 'metrics.jsonl'), ' ');
  assert.deepEqual(await damagedFiles(runFolderOf(long!, folder)), ['metrics.jsonl']);
});

test('uses the previous checkpoint if one is damaged, warns of a clock set back, records failures', async (context) => {
  const folder = await temporaryFolder(context);
  const { child, ended } = await start(job!, folder);
  await once(child, 'message');
  await once(child, 'message');
  child.kill('SIGTERM');
  await ended;
  const runFolder = runFolderOf(job!, folder);
  const file = path.join(runFolder, 'checkpoint.safetensors');
  const bytes = await readFile(file);
  bytes[bytes.length - 9] ^= 1;
  await writeFile(file, bytes);
  const [first] = await readSessions(runFolder);
  await appendFile(
    path.join(runFolder, 'sessions.jsonl'),
    `${JSON.stringify({ ...first, started: '2999-01-01T00:00:00.000Z' })}\n`,
  );
  const { code, text } = await runToEnd(job!, folder);
  assert.equal(code, 0, text);
  assert.match(text, /checkpoint\.safetensors is damaged.*; resumes after epoch/);
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
  assert.ok(state.kind === 'failed' && /weights file .* does not exist/.test(state.message));
});

test('rejects a plan with a changed recipe, with its line number', async (context) => {
  const folder = await temporaryFolder(context);
  const file = await writePlan(jobsOf(), folder);
  await writeFile(file, (await readFile(file, 'utf8')).replace('"learningRate":0.001', '"learningRate":0.002'));
  await rejectsWith(readPlan(file), 'line 1', 'was changed');
});

test('reports a full disk, and resumes to the same weights once there is space', async (context) => {
  if (spawnSync('unshare', ['-rm', 'true']).status !== 0) {
    context.skip('no permission to mount a small disk (unshare -rm)');
    return;
  }
  const [undisturbed, folder] = [await temporaryFolder(context), await temporaryFolder(context)];
  const plan = await writePlan(jobsOf(), folder);
  const disk = path.join(folder, 'disk');
  await mkdir(disk);
  // At first there is space for one checkpoint only, then for all.
  const line = `"${process.execPath}" --import tsx scripts/job.ts "${plan}" 0 --out "${disk}" --checkpoint-seconds 0`;
  const script = [
    `mount -t tmpfs -o size=1500k none "${disk}"`,
    `${line}; echo "exit $?"`,
    `mount -o remount,size=100m "${disk}"`,
    `${line}; echo "exit $?"`,
    `cp -r "${disk}/." "${folder}/kept"`,
  ].join('; ');
  const output = execFileSync('unshare', ['-rm', 'sh', '-c', `mkdir -p "${folder}/kept"; { ${script}; } 2>&1`], {
    encoding: 'utf8',
    env: { ...process.env, TF_NUM_INTRAOP_THREADS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.match(output, /the disk is full/);
  assert.match(output, /exit 1[^]*exit 0/);
  assert.equal((await runToEnd(job!, undisturbed)).code, 0);
  assert.equal(await weightsHash(job!, path.join(folder, 'kept')), await weightsHash(job!, undisturbed));
});

test('exports the weights of a run that another experiment has finished', async (context) => {
  const folder = await temporaryFolder(context);
  const place = path.join(folder, 'published', 'teacher.safetensors');
  assert.equal((await runToEnd(job!, folder)).code, 0);
  assert.ok(!existsSync(place));
  const [same] = jobsOf([{ ...tiny, exportWeightsTo: place }]);
  assert.equal(same!.id, job!.id);
  assert.equal((await runToEnd(same!, folder)).code, 0);
  assert.deepEqual(await readFile(place), await readFile(path.join(runFolderOf(job!, folder), 'student.safetensors')));
});

test('writes no record if metrics of an epoch are missing', async (context) => {
  const folder = await temporaryFolder(context);
  const { child, ended } = await start(long!, folder);
  while (((await once(child, 'message')) as [TrainingEvent])[0].kind !== 'epoch');
  child.kill('SIGTERM');
  assert.equal((await ended).code, 75);
  await writeFile(path.join(runFolderOf(long!, folder), 'metrics.jsonl'), '');
  const { code, text } = await runToEnd(long!, folder);
  assert.equal(code, 1, text);
  assert.match(text, /metrics\.jsonl has metrics for \d of 6 epochs, so the run has no complete result to record/);
});

test('takes over the lock of a dead process only, and gives it to one of several processes', async (context) => {
  const folder = await temporaryFolder(context);
  const release = await lockFolder(folder);
  assert.match((await lockHolder(folder)) ?? '', new RegExp(`process ${process.pid} `));
  await rejectsWith(lockFolder(folder), `Process ${process.pid}`, 'If the process no longer exists, delete');
  const file = path.join(folder, 'lock');
  await rename(file, `${file}.mine`);
  // This process's id with another start time: the id was reused.
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
  assert.equal(await lockHolder(folder), undefined);
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
  // In a container with the same host name, process ids are not comparable.
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
  // No heartbeat for more than ten minutes.
  const past = new Date(Date.now() - 11 * 60_000);
  await utimes(file, past, past);
  assert.equal(await lockHolder(folder), undefined, 'no holder is reported');
  await (
    await lockFolder(folder)
  )();
});
