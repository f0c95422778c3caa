import { join } from 'node:path';
import { inProject } from '../setup/project.mjs';
import { isToolEnvironment, toolEnvironment } from '../setup/toolEnvironment.mjs';

const environment = inProject('build', 'pillow');
const requirements = inProject('scripts', 'pillow', 'requirements.txt');

/** Why comparisons with Pillow are skipped. */
export const pillowLacks = 'needs Pillow in build/pillow: run `npm run pillow`';

/** The Python with the locked version of Pillow, or undefined if it is not installed. */
export function pillowPython() {
  return isToolEnvironment(environment, requirements) ? join(environment, 'bin', 'python') : undefined;
}

/** Installs Pillow in an environment of its own, for the tests and the fuzzing of decoders, unless it is installed. */
export async function installPillow() {
  await toolEnvironment(environment, requirements);
}
