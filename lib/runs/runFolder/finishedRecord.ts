import { existsSync } from 'node:fs';
import { readJson } from '../../io/json';
import { parseRecord } from '../../results/records/readRecords';
import type { RunRecord } from '../../results/records/record';
import { recordUnder, type Job } from '../plan/job';
import { recordFile, runFolderOf } from './paths';

/** The record of a job under its own names; undefined if the job has not finished in this folder of runs. */
export async function finishedRecord(job: Job, runsFolder: string): Promise<RunRecord | undefined> {
  const file = recordFile(runFolderOf(job, runsFolder));
  if (!existsSync(file)) return undefined;
  return recordUnder(job, await readJson(file, parseRecord));
}
