import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Returns an absolute path inside the project. */
export const inProject = (...parts) => join(root, ...parts);

/** The Python of the project's own environment. */
export const venvPython = inProject('.venv', 'bin', 'python');
