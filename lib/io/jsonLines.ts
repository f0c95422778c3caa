import { existsSync } from 'node:fs';
import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors';
import { fileError } from './fileError';
import { decodeJson, parseJson } from './json';

const newline = 0x0a;

/**
 * Appends one record as a line of JSON and flushes it to disk. Creates missing folders. Removes a last line that an
 * earlier crash has truncated. Only one process may write to a file at a time.
 */
export async function appendJsonLine(file: string, record: object): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    const handle = await open(file, 'a+');
    try {
      await repairLastLine(handle);
      await handle.appendFile(`${JSON.stringify(record)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, 'write', file);
  }
}

export interface ReadOptions {
  /**
   * Ignores a last line that a crash has truncated, for logs whose writer continues after it. Default: false, because a
   * record that is missing without a message changes results.
   */
  readonly mayBeCut?: boolean;
  /** What the user can do about an invalid line. */
  readonly remedy?: string;
}

/**
 * The records of a file. `parse` checks each record and throws if it is invalid. Throws a UserError with the file, the
 * line and the remedy for any damage.
 */
export async function readJsonLines<T>(
  file: string,
  parse: (value: unknown) => T,
  { mayBeCut = false, remedy = 'Restore the file from a copy, or remove that line.' }: ReadOptions = {},
): Promise<T[]> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw fileError(error, 'read', file);
  });
  const records: T[] = [];
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const found = bytes.indexOf(newline, start);
    const end = found === -1 ? bytes.length : found;
    const text = bytes.subarray(start, end);
    const isCut = found === -1 && !isCompleteRecord(text);
    if (isCut && mayBeCut) break;
    const place = `${file}, line ${line}`;
    if (isCut) throw new UserError(`${place} is invalid: the file ends within this record.\n${remedy}`);
    if (text.length > 0) records.push(parseJson(text, parse, place, remedy));
    start = end + 1;
  }
  return records;
}

/** `readJsonLines`, or no records if the file does not exist. */
export async function readJsonLinesIfExists<T>(
  file: string,
  parse: (value: unknown) => T,
  options?: ReadOptions,
): Promise<T[]> {
  return existsSync(file) ? readJsonLines(file, parse, options) : [];
}

/** An object without its last byte is never valid JSON, so that a valid one is not truncated. */
function isCompleteRecord(bytes: Uint8Array): boolean {
  try {
    const value = decodeJson(bytes);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

/** Appends a missing newline to a complete last line; removes a truncated one. */
async function repairLastLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  const start = await lastLineStart(handle, size);
  if (start === size) return;
  const line = Buffer.alloc(size - start);
  await handle.read(line, 0, line.length, start);
  if (isCompleteRecord(line)) await handle.appendFile('\n');
  else await handle.truncate(start);
}

async function lastLineStart(handle: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(4096);
  for (let end = size; end > 0; end -= block.length) {
    const start = Math.max(0, end - block.length);
    const { bytesRead } = await handle.read(block, 0, end - start, start);
    const found = block.subarray(0, bytesRead).lastIndexOf(newline);
    if (found !== -1) return start + found + 1;
  }
  return 0;
}
