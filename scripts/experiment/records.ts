import { availableParallelism } from 'node:os';
import path from 'node:path';
import { appendJsonLine } from '../../lib/io/jsonLines';
import type { RunRecord } from '../../lib/results/records/record';
import { recordsIn } from '../../lib/results/records/readRecords';
import { expectedHours } from '../../lib/runs/plan/expectedHours';
import { expectedGpuHours, gpuHoursText, type GpuHours } from '../../lib/runs/plan/gpuHours';
import { readGpuSteps } from '../../lib/runs/plan/gpuSteps';
import { jobCommand, recordUnder, type Job } from '../../lib/runs/plan/job';
import { finishedRecord } from '../../lib/runs/runFolder/finishedRecord';
import { isOfLibrary } from './ownExperiments';

/** The folder of the project's records. */
export const projectRecords = path.join('data', 'results');

/**
 * Appends a record to the records of its experiment, unless any experiment there has it already. Records of the
 * laptop profile are the project's; those of other profiles, and of experiments of the user, go to the folder of runs.
 */
export async function addRecord(job: Job, record: RunRecord, out: string): Promise<void> {
  const isOfProject = job.profile === 'laptop' && isOfLibrary(job.experiment);
  const folder = isOfProject ? projectRecords : path.join(out, 'results');
  const existing = await recordsIn(folder);
  if (existing.some(({ id, started }) => id === record.id && started === record.started)) return;
  await appendJsonLine(path.join(folder, `${job.experiment}.jsonl`), record);
}

/** The records of the jobs that have one: from the folder of runs, or else from the project. */
export async function recordsOf(jobs: readonly Job[], out: string): Promise<RunRecord[]> {
  const recorded = new Map((await recordsIn(projectRecords)).map((record) => [record.id, record]));
  const found: RunRecord[] = [];
  for (const job of jobs) {
    const record = (await finishedRecord(job, out)) ?? recorded.get(job.id);
    if (record) found.push(recordUnder(job, record));
  }
  return found;
}

/**
 * The jobs with their commands and expected hours, and a sentence with the sum. At the profile `paper` also the hours
 * of one GPU, and whether they follow from a measured step.
 */
export async function planLines(
  jobs: readonly Job[],
  out: string,
): Promise<{ readonly lines: readonly object[]; readonly total: string }> {
  const records = await recordsIn(projectRecords);
  const threads = availableParallelism();
  const lines: object[] = [];
  const steps = await readGpuSteps();
  const ofGpu: (GpuHours | null)[] = [];
  let [hours, unknown, finished] = [0, 0, 0];
  for (const job of jobs) {
    const expected = expectedHours(job.recipe, threads, records);
    const onGpu = job.profile === 'paper' ? expectedGpuHours(job.recipe, steps) : undefined;
    if (await finishedRecord(job, out)) finished++;
    else {
      if (expected === null) unknown++;
      else hours += expected;
      if (onGpu !== undefined) ofGpu.push(onGpu);
    }
    lines.push({
      ...job,
      command: jobCommand(job),
      expectedHours: rounded(expected),
      ...(onGpu !== undefined && {
        gpuHours: rounded(onGpu?.hours ?? null),
        gpuHoursFrom: onGpu?.measured ?? 'estimate from operations',
      }),
    });
  }
  const unmeasured = unknown > 0 ? `, not counting ${jobCount(unknown)} whose networks have not been timed` : '';
  const remaining =
    unknown > 0 && unknown === jobs.length - finished
      ? 'the networks of the others have not been timed on a CPU'
      : `the others take about ${hours.toFixed(1)} hours on ${threads} threads${unmeasured}`;
  const total = `${jobCount(jobs.length)}, ${finished} finished; ${remaining}.`;
  return { lines, total: ofGpu.length > 0 ? `${total}\n${gpuHoursText(ofGpu)}` : total };
}

function rounded(hours: number | null): number | null {
  return hours === null ? null : Number(hours.toFixed(3));
}

function jobCount(count: number): string {
  return `${count} job${count === 1 ? '' : 's'}`;
}
