import { setImmediate } from 'node:timers/promises';

/**
 * Runs work that the stop button (in a notebook) or Ctrl-C (on a terminal) ends: the signal it is given fires, the work
 * ends itself at its next step, and its result is returned, so that the cell can show what there is. By itself tslab
 * would abandon the interrupted cell and let its loop run on unseen. A second interrupt does what one does otherwise.
 */
export async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  // While a cell's first stretch runs, Node itself has put the listeners aside.
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
