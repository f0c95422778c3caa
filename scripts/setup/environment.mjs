import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runLogged } from './command.mjs';
import { SetupFault } from './fault.mjs';
import { ofFiles } from './fingerprint.mjs';
import { inProject, venvPython } from './project.mjs';
import { findPython } from './python.mjs';

const requirements = (name) => inProject('scripts', 'setup', 'requirements', name);
const venv = inProject('.venv');

/** The Python environment in .venv: JupyterLab, the tools that execute notebooks, and TensorFlow's libraries. */
export const environment = {
  title: 'Python environment with JupyterLab and TensorFlow (a download of several hundred MB)',

  isDone: ({ device, environment: done }) =>
    done?.device === device &&
    done.requirements === ofFiles([requirements(`${device}.txt`)]) &&
    existsSync(venvPython) &&
    (findWheel() !== undefined) === done.hasWheel,

  perform: async ({ device, environment: before }, { warn, force }) => {
    const python = findPython();
    // The CPU and the CUDA wheel write the same files, so that one cannot be installed over the other.
    const isOther = before !== undefined && before.device !== device;
    if (force || isOther || !isWhole(python)) await runLogged(python.command, ['-m', 'venv', '--clear', venv]);
    const hasWheel = await installAll(device, python, warn);
    return { device, requirements: ofFiles([requirements(`${device}.txt`)]), hasWheel };
  },
};

/** The folder of the installed TensorFlow wheel, with its headers and libraries; undefined when there is none. */
export function findWheel() {
  const packages = sitePackages();
  if (packages === undefined) return undefined;
  const folder = join(packages, 'tensorflow');
  return existsSync(join(folder, 'libtensorflow_cc.so.2')) ? folder : undefined;
}

/** The folders of NVIDIA's libraries in .venv, for the dynamic loader; empty with the CPU wheel. */
export function cudaLibraries() {
  const folder = join(sitePackages() ?? '', 'nvidia');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name, 'lib'))
    .filter((path) => existsSync(path));
}

async function installAll(device, python, warn) {
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--prefer-binary'];
  const locked = requirements(`${device}.txt`);
  if (python.hasWheel) {
    try {
      await runLogged(venvPython, [...pip, '-r', locked]);
      return true;
    } catch (error) {
      // Without a wheel for this machine the rest can be installed; pip speaks of no distribution where it met no network, too.
      if (
        !(error instanceof SetupFault) ||
        !/No matching distribution found for tensorflow/i.test(error.message) ||
        /connection|retrying|timed out|name resolution/i.test(error.message)
      )
        throw error;
      warn('TensorFlow has no wheel for this machine; going on without it.');
    }
  }
  await runLogged(venvPython, [...pip, '-c', versions(locked), '-r', requirements('notebooks.in')]);
  return false;
}

/** The locked versions without their checksums, which pip takes for requirements only. */
function versions(locked) {
  const file = inProject('build', 'constraints.txt');
  writeFileSync(file, readFileSync(locked, 'utf8').replace(/ \\\n +--hash=\S+/g, ''));
  return file;
}

/** Whether .venv is an environment of this Python with pip, not the rest of an interrupted set-up. */
function isWhole(python) {
  const minor = python.version.split('.').slice(0, 2).join('.');
  return existsSync(venvPython) && existsSync(join(venv, 'lib', `python${minor}`, 'site-packages', 'pip'));
}

function sitePackages() {
  const lib = join(venv, 'lib');
  if (!existsSync(lib)) return undefined;
  // Where the system's Python was upgraded, what the older one had installed is not found by the new one.
  const [own] = existsSync(venvPython) ? (/^python3\.\d+/.exec(basename(realpathSync(venvPython))) ?? []) : [];
  const version = readdirSync(lib).find(
    (name) => (own === undefined || name === own) && existsSync(join(lib, name, 'site-packages')),
  );
  return version && join(lib, version, 'site-packages');
}
