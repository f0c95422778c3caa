import { availableParallelism } from 'node:os';
import path from 'node:path';
import { appendJsonLine } from '../../lib/io/jsonLines';
import type { RunRecord } from '../../lib/results/records/record';
import { recordsIn } from '../../lib/results/records/readRecords';
import { expectedHours } from '../../lib/runs/job/expectedHours';
import { asTold, finishedRecord, jobCommand, type Job } from '../../lib/runs/job/job';

/** The folder of the project's records. */
export const results = path.join('data', 'results');

/** Appends a record where no experiment has noted it yet: those of the laptop profile belong to the project, others to their folder. */
export async function note(job: Job, record: RunRecord, out: string): Promise<void> {
  const folder = job.profile === 'laptop' ? results : path.join(out, 'results');
  const noted = await recordsIn(folder);
  if (!noted.some(({ id, started }) => id === record.id && started === record.started))
    await appendJsonLine(path.join(folder, `${job.experiment}.jsonl`), record);
}

/** The records of the folder of runs, and where it has none those that the project holds. */
export async function recordsOf(jobs: readonly Job[], out: string): Promise<RunRecord[]> {
  const recorded = new Map((await recordsIn(results)).map((record) => [record.id, record]));
  const found: RunRecord[] = [];
  for (const job of jobs) {
    const record = (await finishedRecord(job, out)) ?? recorded.get(job.id);
    if (record) found.push(asTold(job, record));
  }
  return found;
}

const counted = (jobs: number): string => `${jobs} job${jobs === 1 ? '' : 's'}`;

/** The jobs with the hours that each is expected to take, and their sum in words. */
export async function estimated(
  jobs: readonly Job[],
  out: string,
): Promise<{ readonly lines: readonly object[]; readonly total: string }> {
  const past = await recordsIn(results);
  const threads = availableParallelism();
  const lines = [];
  let [hours, unknown, finished] = [0, 0, 0];
  for (const job of jobs) {
    const expected = expectedHours(job.recipe, threads, past);
    if (await finishedRecord(job, out)) finished++;
    else if (expected === null) unknown++;
    else hours += expected;
    lines.push({
      ...job,
      command: jobCommand(job),
      expectedHours: expected === null ? null : Number(expected.toFixed(3)),
    });
  }
  return {
    lines,
    total: `${counted(jobs.length)}, ${finished} finished; what is left takes about ${hours.toFixed(1)} hours on ${threads} threads${unknown > 0 ? `, without ${counted(unknown)} of networks whose speed has not been measured` : ''}.`,
  };
}
