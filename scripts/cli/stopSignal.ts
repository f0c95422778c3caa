/** One Ctrl-C can arrive twice: from the terminal, and from the launcher that forwards it. */
const repeatedMs = 1000;

/**
 * Returns a signal that fires when this process should stop: by Ctrl-C, a scheduler, or the end of its parent. A second
 * Ctrl-C ends the process at once, without a further checkpoint.
 */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  let interrupted: number | undefined;
  process.on('SIGINT', () => {
    interrupted ??= performance.now();
    if (performance.now() - interrupted > repeatedMs) {
      console.error('Stopped at once. Run the same command again to resume from the last checkpoint.');
      process.exit(130);
    }
    stop.abort();
  });
  for (const name of ['SIGTERM', 'SIGUSR1'] as const) process.once(name, () => stop.abort());
  process.once('disconnect', () => stop.abort());
  return stop.signal;
}
