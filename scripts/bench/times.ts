import { median } from '../../lib/results/statistics/median';

/** Medians of repeated calls, in milliseconds. */
export interface Times {
  readonly milliseconds: number;
  /** Of the processor, all threads together: what else the machine does matters little to that. */
  readonly processor: number;
}

/** Times repeated calls, after two that warm up. */
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

/** The processor's time of one call. */
export function processorMilliseconds(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
