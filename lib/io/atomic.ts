import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileError } from './fileError';

/** The content of a file, whole or in chunks. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

/**
 * Writes a file atomically: after a crash or on a full disk, the file has either its old content or the new one.
 * Creates missing folders. Throws a UserError if the file cannot be written, for example because the disk is full or
 * read-only.
 * (write-file-atomic 5 ignores short writes, so that a full disk leaves a truncated file in place.)
 */
export async function writeAtomic(file: string, content: FileContent): Promise<void> {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.draft`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeAndSync(draft, content);
    await rename(draft, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw fileError(error, 'write', file);
  }
}

/** Removes the drafts that killed writers have left in a folder. No other process may write to the folder meanwhile. */
export async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/\.\d+\.[\da-f]{8}\.draft$/.test(name)) await rm(path.join(folder, name), { force: true });
  }
}

/** Flushes a folder to disk, so that a rename in it survives a power failure. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAndSync(file: string, content: FileContent): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await writeFile(handle, content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
