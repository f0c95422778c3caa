import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runLogged } from '../setup/command.mjs';
import { ofFiles } from '../setup/fingerprint.mjs';
import { inProject, venvPython } from '../setup/project.mjs';

const environment = inProject('build', 'pillow');
const requirements = inProject('scripts', 'pillow', 'requirements.txt');
const python = join(environment, 'bin', 'python');
const stamp = join(environment, 'requirements');

/** Why comparisons with Pillow are skipped. */
export const pillowLacks = 'needs Pillow in build/pillow: run `npm run pillow`';

/** The Python with the locked version of Pillow, or undefined if it is not installed. */
export function pillowPython() {
  const isInstalled = existsSync(stamp) && readFileSync(stamp, 'utf8') === ofFiles([requirements]);
  return isInstalled ? python : undefined;
}

/** Installs Pillow in an environment of its own, for the tests and the fuzzing of decoders, unless it is installed. */
export async function installPillow() {
  if (pillowPython() !== undefined) return;
  mkdirSync(dirname(environment), { recursive: true });
  await runLogged(venvPython, ['-m', 'venv', '--clear', environment]);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--require-hashes'];
  await runLogged(python, [...pip, '-r', requirements]);
  writeFileSync(stamp, ofFiles([requirements]));
}
