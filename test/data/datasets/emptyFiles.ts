import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Creates empty files, for tests of names. Returns the folder. */
export async function writeEmptyFiles(folder: string, names: readonly string[]): Promise<string> {
  for (const name of names) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), '');
  }
  return folder;
}
