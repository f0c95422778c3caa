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
  const stamp = path.join(folder, 'requirements');
  const identity = ofFiles([requirements]);
  const isReady = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === identity;
  if (isReady()) return programs;
  const what = `installation of ${path.relative('', folder)}`;
  await withLock(
    `${folder}.lock`,
    what,
    async () => {
      if (isReady()) return;
      await runLogged(venvPython, ['-m', 'venv', '--clear', folder]);
      const install = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-r', requirements];
      await runLogged(path.join(programs, 'python'), install);
      writeFileSync(stamp, identity);
    },
    print,
  );
  return programs;
}
