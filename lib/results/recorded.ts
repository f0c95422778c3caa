import { existsSync } from 'node:fs';
import path from 'node:path';
import { readRecords } from './read';
import type { RunRecord } from './record';

export interface Recorded {
  readonly records: readonly RunRecord[];
  /** What to run where an experiment has no record yet. */
  readonly notice?: string;
}

/** The committed records of an experiment: none, with a word on how to make them, where it has not been run. */
export async function recorded(experiment: string, folder = path.join('data', 'results')): Promise<Recorded> {
  const file = path.join(folder, `${experiment}.jsonl`);
  const records = existsSync(file) ? await readRecords(file) : [];
  return records.length > 0 ? { records } : { records, notice: `Not recorded yet, run: npm run experiment -- run ${experiment}` };
}
