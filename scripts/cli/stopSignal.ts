/** Returns a signal that fires when this process should stop: by Ctrl-C, a scheduler, or the end of its parent. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.once(name, () => stop.abort());
  process.once('disconnect', () => stop.abort());
  return stop.signal;
}
