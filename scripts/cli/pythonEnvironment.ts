import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runLogged } from '../setup/command.mjs';
import { ofFiles } from '../setup/fingerprint.mjs';
import { venvPython } from '../setup/project.mjs';

/**
 * Returns the Python of an environment with pinned packages in `build/NAME/venv`. It is created on the first call and
 * when the packages change, and `notice` is printed then.
 */
export async function pythonEnvironment(name: string, requirements: string, notice: string): Promise<string> {
  const folder = path.resolve('build', name, 'venv');
  const python = path.join(folder, 'bin', 'python');
  const stamp = path.join(folder, 'requirements');
  const wanted = ofFiles([requirements]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  console.log(notice);
  await runLogged(venvPython, ['-m', 'venv', '--clear', folder]);
  await runLogged(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-r', requirements]);
  writeFileSync(stamp, wanted);
  return python;
}
