import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

export interface StartedCommand {
  /** Resolves once the command has printed the words, or has ended. */
  printed(words: string): Promise<void>;
  /** Sends SIGINT to the command and its children, as a terminal does. */
  interrupt(): void;
  /** The exit code, or the name of the signal that ended the command. */
  code(): Promise<number | string | null>;
  /** Whether a process of the command still runs. Needs /proc. */
  isRunning(): boolean;
  /** Everything that was printed. */
  text(): string;
}

/** Starts a program of Node in a process group of its own, with one thread. The group is killed after the test. */
export function startCommand(
  context: TestContext,
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): StartedCommand {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, TF_NUM_INTRAOP_THREADS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = once(child, 'close');
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(-child.pid!, name);
    } catch {
      // All its processes have ended.
    }
  };
  context.after(() => signal('SIGKILL'));
  return {
    printed: async (words) => {
      while (!text.includes(words) && child.exitCode === null && child.signalCode === null) await sleep(20);
    },
    interrupt: () => signal('SIGINT'),
    code: async () => ended.then(() => child.exitCode ?? child.signalCode),
    isRunning: () => readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && groupOf(pid) === child.pid),
    text: () => text,
  };
}

/** The process group of a process; undefined if it has ended, also before its parent has noticed. */
function groupOf(pid: string): number | undefined {
  try {
    const [state, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return state === 'Z' ? undefined : Number(group);
  } catch {
    return undefined;
  }
}
