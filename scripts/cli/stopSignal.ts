/** A signal that fires once this process is asked to stop: by Ctrl-C, by a scheduler, or by whoever started it. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.once(name, () => stop.abort());
  // The process that started this one is gone: nobody would hear of the result.
  process.once('disconnect', () => stop.abort());
  return stop.signal;
}
