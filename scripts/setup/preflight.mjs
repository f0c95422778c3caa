// By its whole name: a Node that is too old for it must still come to say so.
import * as fs from 'node:fs';
import { findCompiler } from './compiler.mjs';
import { findPython } from './python.mjs';

const gigabyte = 1e9;
const needed = { cpu: 4 * gigabyte, cuda: 12 * gigabyte };

/**
 * All that the steps `todo` of the set-up would miss on this machine, one line each with how to get it.
 * `faults` stop the set-up; `warnings` mean that it goes on with less.
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
  const python = isLarge ? pythonFindings(findPython(env), env) : { faults: [], warnings: [] };
  const faults = [...nodeFaults(nodeVersion), ...python.faults];
  const warnings = [...python.warnings];
  if (['addon', 'kernels', 'images'].some((step) => todo.includes(step)) && findCompiler(env) === undefined) {
    warnings.push(
      `C++ compiler: none found${env.CXX ? ` (CXX is ${env.CXX})` : ''}; goes on with TensorFlow's older ready-made binary, several times slower. Install: sudo apt install g++   (Fedora: sudo dnf install gcc-c++)`,
    );
  }
  if (isLarge && freeBytes < needed[device]) {
    faults.push(
      `Disk space: ${(freeBytes / gigabyte).toFixed(1)} GB free in ${folder}, ${needed[device] / gigabyte} GB needed for the ${device} engine. Free some, or clone onto a larger disk.`,
    );
  }
  return { faults, warnings };
}

function nodeFaults(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return [];
  return [
    `Node: ${version} found, 20.19 or newer needed. Install: nvm install 22   (or https://nodejs.org/en/download)`,
  ];
}

function pythonFindings(python, env) {
  const faults = [];
  const warnings = [];
  const where = env.PYTHON ? `PYTHON=${env.PYTHON}` : 'the search path';
  if (python === undefined) {
    faults.push(`Python: none found on ${where}, 3.10 or newer needed. Install: sudo apt install python3 python3-venv`);
  } else if (!python.isNewEnough) {
    faults.push(
      `Python: ${python.version} found (${python.command}), 3.10 or newer needed. Install: sudo apt install python3.11 python3.11-venv, or name one with PYTHON=/path/to/python3`,
    );
  } else if (!python.hasWheel) {
    warnings.push(
      `Python: TensorFlow has no wheel for ${python.version} (${python.command}); goes on with TensorFlow's older ready-made binary, several times slower. Install 3.10 to 3.13, or name one with PYTHON=/path/to/python3`,
    );
  }
  if (python?.isNewEnough && python.missing.length > 0) {
    const minor = python.version.split('.').slice(0, 2).join('.');
    faults.push(
      `Python's ${python.missing.join(' and ')} module${python.missing.length > 1 ? 's' : ''}: missing from ${python.command}. Install: sudo apt install python${minor}-venv`,
    );
  }
  return { faults, warnings };
}

function freeSpace(folder) {
  if (fs.statfsSync === undefined) return Infinity;
  const { bavail, bsize } = fs.statfsSync(folder);
  return bavail * bsize;
}
