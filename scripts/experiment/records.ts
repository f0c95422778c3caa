import { availableParallelism } from 'node:os';
import path from 'node:path';
import { appendJsonLine } from '../../lib/io/jsonLines';
import type { RunRecord } from '../../lib/results/records/record';
import { recordsIn } from '../../lib/results/records/readRecords';
import { expectedHours } from '../../lib/runs/plan/expectedHours';
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

/** The jobs with their commands and expected hours, and a sentence with the sum. */
export async function planLines(
  jobs: readonly Job[],
  out: string,
): Promise<{ readonly lines: readonly object[]; readonly total: string }> {
  const records = await recordsIn(projectRecords);
  const threads = availableParallelism();
  const lines: object[] = [];
  let [hours, unknown, finished] = [0, 0, 0];
  for (const job of jobs) {
    const expected = expectedHours(job.recipe, threads, records);
    if (await finishedRecord(job, out)) finished++;
    else if (expected === null) unknown++;
    else hours += expected;
    const rounded = expected === null ? null : Number(expected.toFixed(3));
    lines.push({ ...job, command: jobCommand(job), expectedHours: rounded });
  }
  const unmeasured = unknown > 0 ? `, not counting ${jobCount(unknown)} whose networks have not been timed` : '';
  const remaining = `the others take about ${hours.toFixed(1)} hours on ${threads} threads`;
  return { lines, total: `${jobCount(jobs.length)}, ${finished} finished; ${remaining}${unmeasured}.` };
}

function jobCount(count: number): string {
  return `${count} job${count === 1 ? '' : 's'}`;
}
