import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import { schemaFaults, UserError } from '../../errors';
import { readJsonLines } from '../../io/jsonLines';
import { runRecord, type RunRecord } from './record';

/**
 * The records of a `.jsonl` file, or of all such files in a folder, in the order of names and lines.
 * A run that was recorded again is taken once, as last recorded. Throws UserError naming file and line of a bad record.
 */
export async function readRecords(place: string): Promise<readonly RunRecord[]> {
  const records = new Map<string, RunRecord>();
  for (const file of recordFiles(place)) {
    for (const record of await readJsonLines(file, parseRecord)) records.set(record.id, record);
  }
  return [...records.values()];
}

/** A value as a run's record. Throws UserError listing every fault by its place in the record. */
export function parseRecord(value: unknown): RunRecord {
  const result = runRecord.safeParse(value);
  if (result.success) return result.data;
  throw new UserError(`This is not a run's record: ${schemaFaults(result.error, value).join('; ')}.`);
}

function recordFiles(place: string): readonly string[] {
  if (!existsSync(place))
    throw new UserError(`There are no results at "${place}". Give a .jsonl file or a folder of such files.`);
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => path.join(place, name));
}
