import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { schemaErrors, UserError } from '../../errors';
import { readJsonLines } from '../../io/jsonLines';
import { checkIdentity } from './identity';
import { runRecord, type RunRecord } from './record';

/**
 * Reads the records of a `.jsonl` file, or of all such files in a folder, in the order of file names and lines. Of
 * several records of one run, only the last is returned. Throws a UserError that names file and line of a record
 * that is invalid, truncated, or not of the run that its id names, and if the path does not exist.
 */
export async function readRecords(place: string): Promise<readonly RunRecord[]> {
  const records = new Map<string, RunRecord>();
  for (const file of recordFiles(place)) {
    for (const record of await readJsonLines(file, parseIdentified, { remedy })) records.set(record.id, record);
  }
  return [...records.values()];
}

/** Reads the records of a folder as `readRecords` does; empty if the folder does not exist. */
export async function recordsIn(folder: string): Promise<readonly RunRecord[]> {
  return existsSync(folder) ? readRecords(folder) : [];
}

const remedy =
  'Restore the file (git checkout), or remove that line and repeat the run: npm run experiment adds the record of a ' +
  'finished run again.';

/** `parseRecord`, for a record that is the only source of its run. */
export function parseIdentified(value: unknown): RunRecord {
  return checkIdentity(parseRecord(value));
}

/** Checks that a value is a run record. Throws a UserError that lists every invalid field. */
export function parseRecord(value: unknown): RunRecord {
  const result = runRecord.safeParse(value);
  if (result.success) return result.data;
  throw new UserError(`Not a valid run record: ${schemaErrors(result.error, value).join('; ')}.`);
}

function recordFiles(place: string): readonly string[] {
  if (!existsSync(place))
    throw new UserError(`No results at "${place}". Pass a .jsonl file or a folder of such files.`);
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => path.join(place, name));
}
