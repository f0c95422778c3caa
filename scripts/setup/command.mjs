import { spawn, spawnSync } from 'node:child_process';
import { accessSync, appendFileSync, constants, mkdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError } from './setupError.mjs';
import { inProject, root } from './project.mjs';

/** The log file with the full output of all commands of the setup. */
export const log = inProject('build', 'setup.log');

/**
 * Runs a command, writes its output to the log, and shows the latest line on a terminal.
 * Throws a SetupError with its first compiler errors, or with its last lines, if the command fails.
 */
export async function runLogged(command, args, { cwd = root, env = {} } = {}) {
  mkdirSync(inProject('build'), { recursive: true });
  appendFileSync(log, `\n$ ${command} ${args.join(' ')}\n`);
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => child.kill();
  process.once('exit', end);
  let tail = '';
  const keep = (chunk) => {
    appendFileSync(log, chunk);
    tail = (tail + chunk).slice(-100_000);
    showLatest(tail);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve)).finally(() =>
    process.off('exit', end),
  );
  showLatest('');
  if (code === 0) return;
  const lines = tail.trimEnd().split('\n');
  // The errors of a compiler may be followed by many warnings.
  const errors = lines.filter((line) => /\berror: /.test(line));
  const excerpt = (errors.length > 0 ? errors.slice(0, 8) : lines.slice(-8)).map((line) => `    ${line}`).join('\n');
  throw new SetupError(`${command} ${args[0] ?? ''} failed (exit code ${code}):\n${excerpt}\n  Full log: ${log}`);
}

/** Returns the standard output of a command, or undefined if it is missing or fails. */
export function outputOf(command, args, env = process.env) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    env,
    timeout: 30_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Returns the path of the first of these programs that is on the search path, or undefined. */
export function findProgram(names, env = process.env) {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  for (const name of names) {
    if (name.includes('/')) {
      if (isProgram(name)) return name;
      continue;
    }
    const folder = folders.find((each) => isProgram(join(each, name)));
    if (folder !== undefined) return join(folder, name);
  }
  return undefined;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function showLatest(tail) {
  if (!process.stderr.isTTY) return;
  const line =
    tail
      .trimEnd()
      .split(/[\r\n]/)
      .at(-1) ?? '';
  process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}
