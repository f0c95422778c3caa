import path from 'node:path';
import { runLogged } from './command.mjs';
import { installOnce, isInstalled } from './installOnce.mjs';
import { venvPython } from './project.mjs';

/**
 * Returns the folder of programs of a Python environment with these packages. The first call creates it, and so does a
 * call after the requirements have changed.
 */
export async function toolEnvironment(folder, requirements, print = (line) => console.error(line)) {
  const programs = path.join(folder, 'bin');
  const install = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-r', requirements];
  await installOnce(
    folder,
    [requirements],
    async () => {
      await runLogged(venvPython, ['-m', 'venv', '--clear', folder]);
      await runLogged(path.join(programs, 'python'), install);
    },
    print,
  );
  return programs;
}

/** Whether the environment exists with these packages. */
export function isToolEnvironment(folder, requirements) {
  return isInstalled(folder, [requirements]);
}
