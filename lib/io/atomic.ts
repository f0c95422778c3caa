import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileError } from './fileError';

/** All of it at once, or piece by piece. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

/**
 * Writes a whole file so that a reader, a crash or a full disk meets either the old content or the new, never a part of it.
 * Makes missing folders. Throws a UserError when the disk is full or read-only.
 * (write-file-atomic 5 does not look at how much was written, and puts a cut file in place when the disk is full.)
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

/** Removes what writers that were killed have left in a folder; nobody else may be writing there. */
export async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (/\.\d+\.[\da-f]{8}\.draft$/.test(name)) await rm(path.join(folder, name), { force: true });
}

/** Makes a rename in this folder survive a loss of power. */
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
