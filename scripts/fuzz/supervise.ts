import { fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tally, type Fault, type Tally } from './target';

export interface Trial {
  readonly name: string;
  readonly seed: number;
  /** The first input, and the one after the last. */
  readonly from: number;
  readonly end: number;
  /** Seconds after which an input that has not ended counts as a hang. */
  readonly patience: number;
  /** Where inputs that end badly are kept. */
  readonly keep: string;
}

export interface Outcome {
  readonly values: number;
  readonly errors: number;
  readonly faults: readonly Fault[];
  readonly seconds: number;
}

/** More faults than these tell nothing new. */
const mostFaults = 20;

/** Tries the inputs of a target in processes of their own: one that dies or hangs is told as the fault of its input, and the next goes on behind it. */
export async function supervise({ name, seed, from, end, patience, keep }: Trial): Promise<Outcome> {
  const started = performance.now();
  const root = mkdtempSync(path.join(tmpdir(), 'fuzz-'));
  const inside = path.join(root, 'inside');
  const faults: Fault[] = [];
  let [values, errors] = [0, 0];
  const note = (fault: Fault): void => {
    faults.push(fault);
    mkdirSync(keep, { recursive: true });
    for (const file of readdirSync(inside))
      copyFileSync(path.join(inside, file), path.join(keep, `${name}-${seed}-${fault.at}-${file}`));
  };
  try {
    mkdirSync(inside);
    for (let next = from; next < end && faults.length < mostFaults;) {
      const { last, reason } = await follow([name, String(seed), String(next), String(end), root], patience, note);
      values += last?.values ?? 0;
      errors += last?.errors ?? 0;
      if (reason !== undefined) note({ at: last?.at ?? next, reason });
      next = (last?.at ?? end) + 1;
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
    rmSync(`${root}.progress`, { force: true });
  }
  return { values, errors, faults, seconds: (performance.now() - started) / 1000 };
}

/** One process to its end, which is its input's fault if it has not reached the last one. */
async function follow(
  args: readonly string[],
  patience: number,
  note: (fault: Fault) => void,
): Promise<{ readonly last?: Tally; readonly reason?: string }> {
  rmSync(`${args[4]}.progress`, { force: true });
  const child = fork(path.join(__dirname, 'child.ts'), args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const told: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => told.push(text));
  const watched = { at: -1, since: performance.now(), hung: false };
  child.on('message', (fault: Fault) => note(fault));
  const watch = setInterval(() => {
    const at = tallyOf(args)?.at ?? -1;
    if (at !== watched.at) Object.assign(watched, { at, since: performance.now() });
    // Before its first input a process loads what it tries, which a busy machine makes slow.
    else if (performance.now() - watched.since > 1000 * (at === -1 ? 6 * patience : patience))
      watched.hung = child.kill('SIGKILL');
  }, 200);
  await once(child, 'close');
  clearInterval(watch);
  const last = tallyOf(args);
  if (watched.hung) return { last, reason: `no end within ${patience} s` };
  if (child.exitCode === 0 && last?.at === Number(args[3])) return { last };
  return {
    last,
    reason: `the process ended (${child.signalCode ?? `exit code ${child.exitCode}`}): ${told.join('').trim().slice(-600)}`,
  };
}

function tallyOf([, , , , root = '']: readonly string[]): Tally | undefined {
  try {
    return tally.parse(JSON.parse(readFileSync(`${root}.progress`, 'utf8')));
  } catch {
    return undefined;
  }
}
