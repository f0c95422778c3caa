// A namespace import: a Node that is too old to have statfsSync must still be able to report its version.
import * as fs from 'node:fs';
import { findCompiler } from './compiler.mjs';
import { findPython } from './python.mjs';

const gigabyte = 1e9;
const needed = { cpu: 4 * gigabyte, cuda: 12 * gigabyte };
const slower = "using TensorFlow's older prebuilt binary, which is several times slower";

/**
 * Returns what this machine lacks for the steps `todo`, one line for each item, with the command to install it.
 * `errors` stop the setup; after `warnings` it continues without an optional part.
 */
export function preflight({
  todo,
  device,
  folder,
  env = process.env,
  nodeVersion = process.versions.node,
  freeBytes = freeSpace(folder),
}) {
  const isLarge = todo.includes('environment');
  const python = isLarge ? pythonFindings(findPython(env), env) : { errors: [], warnings: [] };
  const errors = [...nodeErrors(nodeVersion), ...python.errors];
  const warnings = [...python.warnings];
  if (['addon', 'kernels', 'images'].some((step) => todo.includes(step)) && findCompiler(env) === undefined) {
    const variable = env.CXX ? ` (CXX is ${env.CXX})` : '';
    warnings.push(
      `C++ compiler: none found${variable}; ${slower}. ` +
        'Install: sudo apt install g++   (Fedora: sudo dnf install gcc-c++)',
    );
  }
  if (isLarge && freeBytes < needed[device]) {
    const [free, required] = [(freeBytes / gigabyte).toFixed(1), needed[device] / gigabyte];
    errors.push(
      `Disk space: ${free} GB free in ${folder}, ${required} GB needed for the ${device} engine. ` +
        'Free some, or clone to a larger disk.',
    );
  }
  return { errors, warnings };
}

function nodeErrors(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return [];
  const install = 'nvm install 22   (or https://nodejs.org/en/download)';
  return [`Node: ${version} found, 20.19 or newer needed. Install: ${install}`];
}

function pythonFindings(python, env) {
  const errors = [];
  const warnings = [];
  const where = env.PYTHON ? `PYTHON=${env.PYTHON}` : 'the search path';
  if (python === undefined) {
    errors.push(`Python: none found on ${where}, 3.10 or newer needed. Install: sudo apt install python3 python3-venv`);
  } else if (!python.isNewEnough) {
    errors.push(
      `Python: ${python.version} found (${python.command}), 3.10 or newer needed. ` +
        'Install: sudo apt install python3.11 python3.11-venv, or set PYTHON=/path/to/python3',
    );
  } else if (!python.hasWheel) {
    warnings.push(
      `Python: TensorFlow has no wheel for ${python.version} (${python.command}); ${slower}. ` +
        'Install 3.10 to 3.13, or set PYTHON=/path/to/python3',
    );
  }
  if (python?.isNewEnough && python.missing.length > 0) {
    const minor = python.version.split('.').slice(0, 2).join('.');
    const modules = `${python.missing.join(' and ')} module${python.missing.length > 1 ? 's' : ''}`;
    errors.push(`Python's ${modules}: missing from ${python.command}. Install: sudo apt install python${minor}-venv`);
  }
  return { errors, warnings };
}

function freeSpace(folder) {
  if (fs.statfsSync === undefined) return Infinity;
  const { bavail, bsize } = fs.statfsSync(folder);
  return bavail * bsize;
}
