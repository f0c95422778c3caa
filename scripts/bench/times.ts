import { median } from '../../lib/results/statistics/median';

/** Medians of repeated calls, in milliseconds. */
export interface Times {
  readonly milliseconds: number;
  /** CPU time of all threads. Other programs on the machine affect it little. */
  readonly processor: number;
}

/** Times repeated calls, after two warm-up calls. */
export function medianTimes(run: () => void, repeats: number): Times {
  run();
  run();
  const times = Array.from({ length: repeats }, () => {
    const started = performance.now();
    const processor = processorMilliseconds(run);
    return { milliseconds: performance.now() - started, processor };
  });
  return {
    milliseconds: median(times.map(({ milliseconds }) => milliseconds)),
    processor: median(times.map(({ processor }) => processor)),
  };
}

export function medianMilliseconds(run: () => void, repeats: number): number {
  return medianTimes(run, repeats).milliseconds;
}

/** Returns the CPU time of one call, of all threads, in milliseconds. */
export function processorMilliseconds(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
