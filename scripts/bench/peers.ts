import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { UserError } from '../../lib/errors';

/** The JSON lines that a program printed, and its peak memory in MB. */
export interface Measured {
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly peakMemory: number;
}

/** Runs our benchmark in a separate process. */
export function ours(args: readonly string[]): Measured {
  return measure(process.execPath, [...process.execArgv, path.join('scripts', 'bench.ts'), ...args]);
}

/** Throws a UserError if a Python is missing, or lacks a module that our PyTorch programs import. */
export function checkPython(python: string, modules: readonly string[]): void {
  const required = 'torch, timm, torch_cka and pytorch_cka';
  const { error, status, stderr } = spawnSync(python, ['-c', `import ${modules.join(', ')}`], { encoding: 'utf8' });
  if (error)
    throw new UserError(`No Python can be run at "${python}". Choose one that has ${required}: --python PATH.`);
  if (status !== 0)
    throw new UserError(
      `"${python}" lacks a module: ${stderr.trim().split('\n').slice(-1).join('')}. ` +
        `Install ${required} there, or choose another Python: --python PATH.`,
    );
}

/** Runs a PyTorch program of this folder with the given Python. */
export function theirs(python: string, program: string, args: readonly string[]): Measured {
  return measure(python, [path.join('scripts', 'bench', program), ...args]);
}

/** A Python program that runs a command and then prints the peak resident memory of its children, in MB. */
const meter = `
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(code)
`;

function measure(command: string, args: readonly string[]): Measured {
  const { error, status, stdout, stderr } = spawnSync('python3', ['-c', meter, command, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  if (error)
    throw new UserError(
      `python3, which measures memory, could not be started: ${error.message}. Install it, or add it to the PATH.`,
    );
  if (status !== 0)
    throw new UserError(
      `${path.basename(command)} ${args.join(' ')} failed:\n${stderr.trim().split('\n').slice(-3).join('\n')}`,
    );
  const printed = stdout.trim().split('\n');
  return { peakMemory: Number(printed.pop()), lines: printed.flatMap(parse) };
}

function parse(text: string): Readonly<Record<string, unknown>>[] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? [Object.fromEntries(Object.entries(value))] : [];
  } catch {
    return [];
  }
}
