import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runLogged } from './command.mjs';
import { ofFiles } from './fingerprint.mjs';
import { withLock } from './lock.mjs';
import { venvPython } from './project.mjs';

/**
 * Returns the folder of programs of a Python environment with these packages. The first call creates it, and so does a
 * call after the requirements have changed. Of several processes one creates it, and the others wait.
 */
export async function toolEnvironment(folder, requirements, print = (line) => console.error(line)) {
  const programs = path.join(folder, 'bin');
  const isReady = () => isToolEnvironment(folder, requirements);
  if (isReady()) return programs;
  const what = `installation of ${path.relative('', folder)}`;
  await withLock(
    `${folder}.lock`,
    what,
    async () => {
      if (isReady()) return;
      print(`Installing the packages of ${path.relative('', requirements)} in ${path.relative('', folder)}.`);
      await runLogged(venvPython, ['-m', 'venv', '--clear', folder]);
      const install = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-r', requirements];
      await runLogged(path.join(programs, 'python'), install);
      writeFileSync(stampOf(folder), ofFiles([requirements]));
    },
    print,
  );
  return programs;
}

/** Whether the environment exists with these packages. */
export function isToolEnvironment(folder, requirements) {
  const stamp = stampOf(folder);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === ofFiles([requirements]);
}

const stampOf = (folder) => path.join(folder, 'requirements');
