import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ofFiles } from './fingerprint.mjs';
import { withLock } from './lock.mjs';

/**
 * Runs `install` unless the folder has the packages of these lock files. Of several processes one installs, and the
 * others wait.
 */
export async function installOnce(folder, lockFiles, install, print) {
  if (isInstalled(folder, lockFiles)) return;
  const place = path.relative('', folder);
  await withLock(
    `${folder}.lock`,
    `installation of ${place}`,
    async () => {
      if (isInstalled(folder, lockFiles)) return;
      print(`Installing the packages of ${path.relative('', lockFiles.at(-1))} in ${place}.`);
      await install();
      writeFileSync(stampOf(folder), ofFiles(lockFiles));
    },
    print,
  );
}

/** Whether the folder has the packages of these lock files. */
export function isInstalled(folder, lockFiles) {
  const stamp = stampOf(folder);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === ofFiles(lockFiles);
}

const stampOf = (folder) => path.join(folder, 'requirements');
