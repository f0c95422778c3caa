import { fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { progress, progressFile, type Failure, type Progress } from './target';

export interface Trial {
  /** Name of the target. */
  readonly name: string;
  readonly seed: number;
  /** Index of the first input. */
  readonly from: number;
  /** Index after the last input. */
  readonly end: number;
  /** Seconds after which an input counts as a hang. */
  readonly timeout: number;
  /** Folder in which failing inputs are saved. */
  readonly failureFolder: string;
}

export interface Outcome {
  readonly values: number;
  readonly userErrors: number;
  readonly failures: readonly Failure[];
  readonly seconds: number;
}

/** A target with this many failures is stopped. */
const maxFailures = 20;

/**
 * Tests the inputs of a target in child processes. A child that crashes or hangs is recorded as the failure of its
 * current input, and a new child continues with the next one.
 */
export async function supervise({ name, seed, from, end, timeout, failureFolder }: Trial): Promise<Outcome> {
  const started = performance.now();
  const root = mkdtempSync(path.join(tmpdir(), 'fuzz-'));
  const inside = path.join(root, 'inside');
  const failures: Failure[] = [];
  let [values, userErrors] = [0, 0];
  const record = (failure: Failure): void => {
    failures.push(failure);
    mkdirSync(failureFolder, { recursive: true });
    for (const file of readdirSync(inside)) {
      copyFileSync(path.join(inside, file), path.join(failureFolder, `${name}-${seed}-${failure.at}-${file}`));
    }
  };
  const clear = (): void => {
    rmSync(root, { recursive: true, force: true });
    rmSync(progressFile(root), { force: true });
  };
  process.once('exit', clear);
  try {
    mkdirSync(inside);
    for (let next = from; next < end && failures.length < maxFailures;) {
      const args: ChildArguments = [name, String(seed), String(next), String(end), root];
      const { last, reason } = await runChild(args, timeout, record);
      values += last?.values ?? 0;
      userErrors += last?.userErrors ?? 0;
      if (reason !== undefined) record({ at: last?.at ?? next, reason });
      next = (last?.at ?? end) + 1;
    }
  } finally {
    process.off('exit', clear);
    clear();
  }
  return { values, userErrors, failures, seconds: (performance.now() - started) / 1000 };
}

type ChildArguments = readonly [name: string, seed: string, from: string, end: string, root: string];

/** Runs one child to its end. Returns its last progress and, if it did not reach the last input, the reason. */
async function runChild(
  args: ChildArguments,
  timeout: number,
  record: (failure: Failure) => void,
): Promise<{ readonly last?: Progress; readonly reason?: string }> {
  const [, , , end, root] = args;
  rmSync(progressFile(root), { force: true });
  const child = fork(path.join(__dirname, 'child.ts'), args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const stderr: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => stderr.push(text));
  child.on('message', (failure: Failure) => record(failure));

  const stop = (): void => void child.kill('SIGKILL');
  process.prependOnceListener('exit', stop);
  const current = { at: -1, since: performance.now(), hung: false };
  const watch = setInterval(() => {
    const at = readProgress(root)?.at ?? -1;
    // Before its first input a child imports the target, which is slow on a busy machine.
    const limit = 1000 * (at === -1 ? 6 * timeout : timeout);
    if (at !== current.at) Object.assign(current, { at, since: performance.now() });
    else if (performance.now() - current.since > limit) current.hung = child.kill('SIGKILL');
  }, 200);
  await once(child, 'close');
  clearInterval(watch);
  process.off('exit', stop);

  const last = readProgress(root);
  if (current.hung) return { last, reason: `no end within ${timeout} s` };
  if (child.exitCode === 0 && last?.at === Number(end)) return { last };
  const exit = child.signalCode ?? `exit code ${child.exitCode}`;
  return { last, reason: `the process ended (${exit}): ${stderr.join('').trim().slice(-600)}` };
}

function readProgress(root: string): Progress | undefined {
  try {
    return progress.parse(JSON.parse(readFileSync(progressFile(root), 'utf8')));
  } catch {
    return undefined;
  }
}
