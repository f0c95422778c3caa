import type { BigIntStats } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, fileError } from '../../io/fileError';
import type { Unused } from './leftOut';

/** A file or folder whose links have been resolved. */
export interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  /** Device and inode number of a folder, which identify it under every name. */
  readonly identity?: string;
}

/** The usable entries of a folder, sorted by name, and the others as `[name, reason]`. */
export interface FolderEntries {
  readonly entries: readonly Entry[];
  readonly leftOut: readonly Unused[];
}

/** Files and folders that operating systems, file managers and archivers add. */
const systemNames = [
  '__macosx',
  '@eadir',
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  'icon\r',
  '$recycle.bin',
  'system volume information',
  'lost+found',
  '#recycle',
  '#snapshot',
];

/** Whether a file or folder was added by an operating system, a file manager or an archiver, or is hidden. */
export function isSystemName(name: string): boolean {
  return name.startsWith('.') || systemNames.includes(name.toLowerCase());
}

/** Reads a folder. Links are followed. Throws a UserError if it cannot be read. */
export async function listFolder(folder: string): Promise<FolderEntries> {
  const entries: Entry[] = [];
  const leftOut: Unused[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      const { name } = entry;
      if (isSystemName(name)) leftOut.push([name, 'hidden or of the operating system']);
      else if (name.includes('\ufffd')) leftOut.push([name, 'name that is not UTF-8']);
      else if (entry.isFile()) entries.push({ name, isFolder: false });
      else {
        const target = await resolveEntry(path.join(folder, name));
        if (typeof target === 'string') leftOut.push([name, target]);
        else if (target.isDirectory()) entries.push({ name, isFolder: true, identity: identityOf(target) });
        else if (target.isFile()) entries.push({ name, isFolder: false });
        else leftOut.push([name, 'neither a file nor a folder']);
      }
    }
  } catch (error) {
    throw fileError(error, 'read', folder);
  }
  return { entries: entries.sort((a, b) => (a.name < b.name ? -1 : 1)), leftOut };
}

/** Identifies a folder under every name. */
export async function folderIdentity(folder: string): Promise<string> {
  try {
    return identityOf(await stat(folder, { bigint: true }));
  } catch (error) {
    throw fileError(error, 'read', folder);
  }
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** What a path leads to, or the reason why it leads nowhere. */
async function resolveEntry(file: string): Promise<BigIntStats | string> {
  try {
    return await stat(file, { bigint: true });
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'link without a target';
    if (code === 'ELOOP') return 'link that leads to itself';
    throw error;
  }
}

/** All files below a folder, as paths relative to `root`, and the entries that are left out. */
export interface FolderFiles {
  readonly files: readonly string[];
  readonly leftOut: readonly Unused[];
}

/**
 * Lists the files below `root/folder` in torchvision's order: the files of a folder before those of its subfolders.
 * A folder that links lead to several times is read once; `visited` holds the identities of folders not to read.
 */
export async function listFiles(root: string, folder: string, visited: Set<string>): Promise<FolderFiles> {
  const { entries, leftOut } = await listFolder(path.join(root, folder));
  const files = entries.filter(({ isFolder }) => !isFolder).map(({ name }) => path.join(folder, name));
  const others = leftOut.map(([name, reason]): Unused => [path.join(folder, name), reason]);
  for (const { name, identity } of entries) {
    if (identity === undefined) continue;
    const inner = path.join(folder, name);
    if (visited.has(identity)) {
      others.push([inner, 'link to a folder that is read already']);
      continue;
    }
    visited.add(identity);
    const below = await listFiles(root, inner, visited);
    for (const file of below.files) files.push(file);
    for (const other of below.leftOut) others.push(other);
  }
  return { files, leftOut: others };
}
