import { setImmediate } from 'node:timers/promises';

/**
 * Runs work that the stop button (in a notebook) or Ctrl-C (on a terminal) interrupts. The first interrupt aborts the
 * signal; the work is expected to end at its next step, and its result is returned so that the cell can show it.
 * Without this, tslab would abandon the interrupted cell while its loop keeps running. A second interrupt has its usual
 * effect.
 */
export async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  // Node removes the listeners while a cell runs synchronously: wait until they are back.
  await setImmediate();
  const usual = process.listeners('SIGINT');
  const stop = new AbortController();
  const restore = (): void => {
    process.off('SIGINT', abort);
    for (const listener of usual) if (!process.listeners('SIGINT').includes(listener)) process.on('SIGINT', listener);
  };
  const abort = (): void => {
    restore();
    stop.abort();
  };
  process.removeAllListeners('SIGINT').on('SIGINT', abort);
  try {
    return await work(stop.signal);
  } finally {
    restore();
  }
}
