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
  errors: z.array(z.string()),
  summary: z.array(z.string()),
});

/** An executed notebook: its errors, and the text output of its cells tagged `summary`. */
export type Executed = z.infer<typeof notebookDone>;
export type CellDone = z.infer<typeof cellDone>;

/**
 * Executes notebooks one after the other on the tslab Jupyter kernel and writes each to a folder, with an HTML page.
 */
export async function* executeNotebooks(
  notebooks: readonly string[],
  folder: string,
): AsyncGenerator<CellDone | Executed> {
  const child = spawn(venvPython, [inProject('scripts', 'notebooks', 'execute.py'), folder, ...notebooks], {
    env: { ...process.env, JUPYTER_PREFER_ENV_PATH: '1', PYTHONWARNINGS: 'ignore' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve));
  // A Jupyter kernel that outlives Python would keep this stream open.
  child.once('exit', () => setTimeout(() => child.stdout.destroy(), 2000).unref());
  const stopped = new AbortController();
  // An interrupted Python prints long tracebacks: forward its errors only before a stop.
  child.stderr.on('data', (text: Buffer) => void (stopped.signal.aborted || process.stderr.write(text)));
  // The Jupyter kernel has its own session: only Python can end it, so give Python time to exit.
  const stop = (signal?: NodeJS.Signals): void => {
    stopped.abort();
    if (signal !== undefined) child.kill(signal);
    // Python may treat the end of its Jupyter kernel as an error and continue with the next notebook.
    setTimeout(() => child.kill('SIGKILL'), 15_000).unref();
  };
  const terminate = (): void => stop('SIGTERM');
  // On a terminal, Ctrl-C has already reached Python.
  const interrupt = (): void => stop(process.stdin.isTTY ? undefined : 'SIGTERM');
  // A launcher can forward the Ctrl-C that the terminal has sent as well: the second must not end this process first.
  process.on('SIGTERM', terminate).on('SIGINT', interrupt);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (stopped.signal.aborted) continue;
      yield z.discriminatedUnion('event', [cellDone, notebookDone]).parse(JSON.parse(line));
    }
    const code = await ended;
    if (stopped.signal.aborted) throw new UserError('Stopped.');
    if (code !== 0) throw new UserError(`Execution of the notebooks ended early (exit code ${code}).`);
  } finally {
    process.removeListener('SIGTERM', terminate).removeListener('SIGINT', interrupt);
    terminate();
  }
}
