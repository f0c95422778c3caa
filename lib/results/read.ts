import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import { UserError } from '../errors';
import { runRecord, type RunRecord } from './record';

/**
 * The records of a `.jsonl` file, or of all such files in a folder, in the order of names and lines.
 * A run that was recorded again is taken once, as last recorded. Throws UserError naming file and line of a bad record.
 */
export function readRecords(place: string): readonly RunRecord[] {
  const records = recordFiles(place).flatMap(readFile);
  return [...new Map(records.map((record) => [record.id, record])).values()];
}

function recordFiles(place: string): readonly string[] {
  if (!existsSync(place)) throw new UserError(`There are no results at "${place}". Give a .jsonl file or a folder of such files.`);
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place).filter((name) => name.endsWith('.jsonl')).sort().map((name) => path.join(place, name));
}

function readFile(file: string): readonly RunRecord[] {
  return readFileSync(file, 'utf8').split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [parseLine(line, `${file}:${index + 1}`)]));
}

function parseLine(line: string, where: string): RunRecord {
  const result = runRecord.safeParse(parseJson(line, where));
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'record'}: ${issue.message}`);
  throw new UserError(`${where} is not a run's record. ${faults.join('; ')}.`);
}

function parseJson(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new UserError(`${where} is not JSON: "${line.slice(0, 60)}". The line may have been cut off; remove it and record its run again.`);
  }
}
