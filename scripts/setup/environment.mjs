import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runLogged } from './command.mjs';
import { SetupError } from './setupError.mjs';
import { ofFiles } from './fingerprint.mjs';
import { inProject, venvPython } from './project.mjs';
import { findPython } from './python.mjs';

const requirements = (name) => inProject('scripts', 'setup', 'requirements', name);
const venv = inProject('.venv');

/** Setup step: the Python environment in .venv, with JupyterLab, the tools that execute notebooks, and TensorFlow. */
export const environment = {
  title: 'Python environment with JupyterLab and TensorFlow (a download of several hundred MB)',

  isDone: ({ device, environment: done }) =>
    done?.device === device &&
    done.requirements === ofFiles([requirements(`${device}.txt`)]) &&
    existsSync(venvPython) &&
    (findWheel() !== undefined) === done.hasWheel,

  perform: async ({ device, environment: before }, { warn, force }) => {
    const python = findPython();
    // The CPU and the CUDA wheel contain the same files, so one cannot be installed over the other.
    const isOther = before !== undefined && before.device !== device;
    if (force || isOther || !isWhole(python)) await runLogged(python.command, ['-m', 'venv', '--clear', venv]);
    const hasWheel = await installAll(device, python, warn);
    return { device, requirements: ofFiles([requirements(`${device}.txt`)]), hasWheel };
  },
};

/** Returns the folder of the installed TensorFlow wheel with its headers and libraries, or undefined. */
export function findWheel() {
  const packages = sitePackages();
  if (packages === undefined) return undefined;
  const folder = join(packages, 'tensorflow');
  return existsSync(join(folder, 'libtensorflow_cc.so.2')) ? folder : undefined;
}

/** Returns the folders of NVIDIA's libraries in .venv, for the dynamic loader; empty with the CPU wheel. */
export function cudaLibraries() {
  const folder = join(sitePackages() ?? '', 'nvidia');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name, 'lib'))
    .filter((path) => existsSync(path));
}

/** Returns the folder of ptxas and libdevice, with which XLA compiles for a GPU; undefined with the CPU wheel. */
export function cudaCompiler(packages = sitePackages()) {
  const folder = join(packages ?? '', 'nvidia', 'cuda_nvcc');
  return existsSync(join(folder, 'bin', 'ptxas')) ? folder : undefined;
}

async function installAll(device, python, warn) {
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--prefer-binary'];
  const locked = requirements(`${device}.txt`);
  if (python.hasWheel) {
    try {
      await runLogged(venvPython, [...pip, '-r', locked]);
      return true;
    } catch (error) {
      // Continue only if there is no wheel for this machine. Without a network, pip prints the same message.
      if (
        !(error instanceof SetupError) ||
        !/No matching distribution found for tensorflow/i.test(error.message) ||
        /connection|retrying|timed out|name resolution/i.test(error.message)
      )
        throw error;
      warn('TensorFlow has no wheel for this machine; continuing without it.');
    }
  }
  await runLogged(venvPython, [...pip, '-c', versions(locked), '-r', requirements('notebooks.in')]);
  return false;
}

/** Returns the locked versions without checksums, because pip accepts these in requirements only. */
function versions(locked) {
  const file = inProject('build', 'constraints.txt');
  writeFileSync(file, readFileSync(locked, 'utf8').replace(/ \\\n +--hash=\S+/g, ''));
  return file;
}

/** Whether .venv is a complete environment of this Python, and not left by an interrupted setup. */
function isWhole(python) {
  const minor = python.version.split('.').slice(0, 2).join('.');
  return existsSync(venvPython) && existsSync(join(venv, 'lib', `python${minor}`, 'site-packages', 'pip'));
}

function sitePackages() {
  const lib = join(venv, 'lib');
  if (!existsSync(lib)) return undefined;
  // After an upgrade of the system's Python, the new one does not find packages of the old one.
  const [own] = existsSync(venvPython) ? (/^python3\.\d+/.exec(basename(realpathSync(venvPython))) ?? []) : [];
  const version = readdirSync(lib).find(
    (name) => (own === undefined || name === own) && existsSync(join(lib, name, 'site-packages')),
  );
  return version && join(lib, version, 'site-packages');
}
