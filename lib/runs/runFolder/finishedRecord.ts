import { existsSync } from 'node:fs';
import { UserError } from '../../errors';
import { readJson } from '../../io/json';
import { parseIdentified } from '../../results/records/readRecords';
import type { RunRecord } from '../../results/records/record';
import { recordUnder, type Job } from '../plan/job';
import { recordFile, runFolderOf } from './paths';

/**
 * The record of a job under its own names; undefined if the job has not finished in this folder of runs. Throws a
 * UserError if the record is not that of the job.
 */
export async function finishedRecord(job: Job, runsFolder: string): Promise<RunRecord | undefined> {
  const file = recordFile(runFolderOf(job, runsFolder));
  if (!existsSync(file)) return undefined;
  const remedy = 'Restore it from a copy, or remove it and run the job again.';
  const record = await readJson(file, parseIdentified, file, remedy);
  if (record.id === job.id) return recordUnder(job, record);
  throw new UserError(`${file} is the record of run ${record.id}, and this is the folder of run ${job.id}.\n${remedy}`);
}
