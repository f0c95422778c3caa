import { existsSync } from 'node:fs';
import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
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

/**
 * The records of a file. `parse` checks each record and throws if it is invalid. Ignores a last line that a crash has
 * truncated; throws a UserError with the file and the line for any other damage.
 */
export async function readJsonLines<T>(file: string, parse: (value: unknown) => T): Promise<T[]> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw fileError(error, 'read', file);
  });
  const records: T[] = [];
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const found = bytes.indexOf(newline, start);
    const end = found === -1 ? bytes.length : found;
    const text = bytes.subarray(start, end);
    if (found === -1 && !isCompleteRecord(text)) break;
    if (text.length > 0) records.push(parseJson(text, parse, `${file}, line ${line}`, 'Repair or remove that line.'));
    start = end + 1;
  }
  return records;
}

/** `readJsonLines`, or no records if the file does not exist. */
export async function readJsonLinesIfExists<T>(file: string, parse: (value: unknown) => T): Promise<T[]> {
  return existsSync(file) ? readJsonLines(file, parse) : [];
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
