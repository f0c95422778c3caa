import path from 'node:path';
import { branchesBeside } from '../../models/branches/branchesBeside';
import type { RunRecord } from '../../results/records/record';

/** The folder of a run inside the folder of all runs. It is named after the id of its recipe. */
export function runFolderOf({ id }: Pick<RunRecord, 'id'>, runsFolder: string): string {
  return path.join(runsFolder, id);
}

export const studentFile = (runFolder: string): string => path.join(runFolder, 'student.safetensors');
export const branchesFile = (runFolder: string): string => branchesBeside(studentFile(runFolder));
export const metricsFile = (runFolder: string): string => path.join(runFolder, 'metrics.jsonl');
export const recordFile = (runFolder: string): string => path.join(runFolder, 'record.json');
export const failureFile = (runFolder: string): string => path.join(runFolder, 'failure.json');
