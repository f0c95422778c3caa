import { outputOf, findProgram } from './command.mjs';

/** The oldest and the newest Python with wheels of TensorFlow 2.21. */
export const supported = { oldest: [3, 10], newest: [3, 13] };

const script = `
import sys
modules = []
for name in ("venv", "ensurepip"):
    try: __import__(name)
    except ImportError: modules.append(name)
print("%d.%d.%d" % sys.version_info[:3], ",".join(modules), sep="|")`;

/**
 * Returns the Python to build the environment with: PYTHON, or the first on the search path that TensorFlow supports,
 * or the newest other one. Returns undefined if none is found.
 */
export function findPython(env = process.env) {
  const names = env.PYTHON ? [env.PYTHON] : ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
  const found = names.flatMap((name) => describe(name, env) ?? []);
  return (
    found.find((each) => each.hasWheel && each.missing.length === 0) ?? found.find((each) => each.hasWheel) ?? found[0]
  );
}

function describe(name, env) {
  const command = findProgram([name], env);
  const answer = command && outputOf(command, ['-c', script], env);
  if (!answer) return undefined;
  const [version, missing] = answer.split('|');
  const [major, minor] = version.split('.').map(Number);
  const isOldEnough = major === 3 && minor <= supported.newest[1];
  const isNewEnough = major === 3 && minor >= supported.oldest[1];
  return {
    command,
    version,
    isNewEnough,
    hasWheel: isOldEnough && isNewEnough,
    missing: missing.split(',').filter(Boolean),
  };
}
