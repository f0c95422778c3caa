import assert from 'node:assert/strict';
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../../../lib/experiments/experiment';
import type { RunRecord } from '../../../lib/results/records/record';
import { experimentTable } from '../../../lib/results/tables/experimentTable';
import { runFolderOf } from '../../../lib/runs/runFolder/paths';
import { finishedRecord } from '../../../lib/runs/runFolder/finishedRecord';
import type { Job } from '../../../lib/runs/plan/job';
import { readSessions } from '../../../lib/runs/runFolder/sessions';
import { arrayScript, queuedTasks, submitSlurm } from '../../../lib/runs/schedulers/slurm';
import { jobState } from '../../../lib/runs/runFolder/state';
import { jobProgram } from '../../../scripts/cli/jobProgram';
import { temporaryFolder } from '../../support/temporaryFolder';
import { jobsOf, tiny } from '../example';
import { slurmLacks, startSlurm } from '../slurmCluster';

/** Eight jobs: a teacher and its five students, one to be killed, and one without its teacher's weights. */
function grid(folder: string): Job[] {
  const [weights, none] = [path.join(folder, 'teacher.safetensors'), path.join(folder, 'none.safetensors')];
  const studentRow = (name: string, place: string, rate: number): Row => ({
    name,
    recipe: {
      ...tiny.recipe,
      teacher: { model: 'mixer_64', weights: place },
      method: { kind: 'kd' },
      learningRate: rate,
    },
  });
  return jobsOf([
    ...[1, 2, 3, 4, 5].map((n) => studentRow(`student-${n}`, weights, n * 1e-3)),
    { ...tiny, name: 'teacher', exportWeightsTo: weights },
    { name: 'killed', recipe: { ...tiny.recipe, epochs: 4 } },
    studentRow('broken', none, 1e-3),
  ]);
}

test('runs a grid of eight on Slurm, requeues a killed job and retries a failed one', async (context) => {
  const lacking = slurmLacks();
  if (lacking !== undefined) {
    context.skip(lacking);
    return;
  }
  await startSlurm(context, { maxArraySize: 4 });
  const folder = path.join(await temporaryFolder(context), 'a folder with blanks');
  const jobs = grid(folder);
  const named = (name: string): Job => jobs.find(({ row }) => row === name)!;
  const submitted = await submitSlurm(jobs, { program: jobProgram, out: folder, throttle: 3 });
  assert.deepEqual(
    submitted.map(({ ids }) => ids.map((id) => jobs.find((job) => job.id === id)!.row)),
    [['teacher', 'killed', 'broken'], ['student-1', 'student-2', 'student-3', 'student-4'], ['student-5']],
  );
  assert.deepEqual(
    await submitSlurm(jobs, { program: jobProgram, out: folder }),
    [],
    'queued jobs are not submitted twice',
  );

  const [victim] = await until(async () => {
    const started = await readSessions(runFolderOf(named('killed'), folder));
    return started.length > 0 ? started : undefined;
  });
  process.kill(victim!.pid, 'SIGKILL');
  await until(async () => (await queuedTasks(folder)).size === 0);

  const states = new Map(await Promise.all(jobs.map(async (job) => [job.row, await jobState(job, folder)] as const)));
  const failed = [...states].filter(([, { kind }]) => kind !== 'finished');
  assert.deepEqual(
    failed.map(([row, { kind }]) => [row, kind]),
    [['broken', 'failed']],
    JSON.stringify(failed),
  );
  assert.notEqual(
    (await readSessions(runFolderOf(named('killed'), folder))).at(-1)!.pid,
    victim!.pid,
    'the killed job was requeued',
  );
  assert.match(
    await readFile(path.join(folder, 'slurm', `${submitted[0]!.array}_2.log`), 'utf8'),
    /weights file .* does not exist/,
  );
  assert.deepEqual(
    (await table(jobs, folder)).filter((line) => line['top-1 (%)'] === 'not recorded yet').map(({ row }) => row),
    ['broken'],
  );

  await copyFile(path.join(folder, 'teacher.safetensors'), path.join(folder, 'none.safetensors'));
  assert.equal((await submitSlurm([named('broken')], { program: jobProgram, out: folder })).length, 1);
  await until(async () => (await queuedTasks(folder)).size === 0);
  const lines = await table(jobs, folder);
  assert.equal(lines.length, 8);
  for (const line of lines) assert.match(line['top-1 (%)'], /^\d+\.\d\d \(1 seed\)$/, line.row);
});

test('the batch script has the lines of the plan, and can be requeued', () => {
  const script = arrayScript('/plans/a b.jsonl', [3, 5], { program: jobProgram, out: '/runs', cpus: 4 });
  assert.match(script, /^lines=\(3 5\)$/m);
  assert.match(script, /'\/plans\/a b\.jsonl' "\$\{lines\[SLURM_ARRAY_TASK_ID\]\}" --out \/runs &$/m);
  assert.match(script, /^#SBATCH --requeue$/m);
  assert.match(script, /^#SBATCH --cpus-per-task=4$/m);
});

async function table(jobs: readonly Job[], folder: string): Promise<ReturnType<typeof experimentTable>> {
  const records = await Promise.all(jobs.map((job) => finishedRecord(job, folder)));
  return experimentTable(
    jobs.map(({ row }) => row),
    records.filter((record): record is RunRecord => record !== undefined),
  );
}

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + 400_000; Date.now() < end;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await sleep(500);
  }
  throw new Error('timed out');
}
