/**
 * Runs work that the stop button (in a notebook) or Ctrl-C (on a terminal) ends: the signal it is given fires, and it
 * ends itself at its next step. tslab abandons an interrupted cell but not the code that it awaited, so a loop without
 * this signal would run on unseen. A second Ctrl-C on a terminal ends the process as usual.
 */
export async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  process.once('SIGINT', abort);
  try {
    return await work(stop.signal);
  } finally {
    process.off('SIGINT', abort);
  }
}
