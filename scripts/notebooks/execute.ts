import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';

import { UserError } from '../../lib/errors';
import { inProject, venvPython } from '../setup/project.mjs';

const cellDone = z.object({ event: z.literal('cell'), notebook: z.string(), done: z.number(), cells: z.number() });
const notebookDone = z.object({
  event: z.literal('notebook'),
  notebook: z.string(),
  cells: z.number(),
  seconds: z.number(),
  faults: z.array(z.string()),
  summary: z.array(z.string()),
});

/** A notebook that was executed: what went wrong in it, and what its cells tagged `summary` said. */
export type Executed = z.infer<typeof notebookDone>;
export type CellDone = z.infer<typeof cellDone>;

/** Executes notebooks in order on the tslab kernel and writes each, executed and as an HTML page, into a folder. */
export async function* executeNotebooks(
  notebooks: readonly string[],
  folder: string,
): AsyncGenerator<CellDone | Executed> {
  const child = spawn(venvPython, [inProject('scripts', 'notebooks', 'execute.py'), folder, ...notebooks], {
    env: { ...process.env, JUPYTER_PREFER_ENV_PATH: '1', PYTHONWARNINGS: 'ignore' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve));
  // A kernel that outlives Python would hold its output open.
  child.once('exit', () => setTimeout(() => child.stdout.destroy(), 2000).unref());
  const stopped = new AbortController();
  // Stopped in the middle, Python complains at length; only what it says otherwise is of use.
  child.stderr.on('data', (text: Buffer) => void (stopped.signal.aborted || process.stderr.write(text)));
  // The kernel lives in a session of its own: only Python, told to stop and waited for, ends it.
  const stop = (signal?: NodeJS.Signals): void => {
    stopped.abort();
    if (signal !== undefined) child.kill(signal);
    // It may take the end of its kernel for a fault, and go on with the next notebook.
    setTimeout(() => child.kill('SIGKILL'), 15_000).unref();
  };
  const terminate = (): void => stop('SIGTERM');
  // A terminal has sent Ctrl-C to Python already.
  const interrupt = (): void => stop(process.stdin.isTTY ? undefined : 'SIGTERM');
  process.once('SIGTERM', terminate).once('SIGINT', interrupt);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (stopped.signal.aborted) continue;
      yield z.discriminatedUnion('event', [cellDone, notebookDone]).parse(JSON.parse(line));
    }
    const code = await ended;
    if (stopped.signal.aborted) throw new UserError('Stopped.');
    if (code !== 0) throw new UserError(`The notebooks' execution ended early (exit code ${code}).`);
  } finally {
    process.removeListener('SIGTERM', terminate).removeListener('SIGINT', interrupt);
    terminate();
  }
}
