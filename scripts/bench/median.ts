export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median milliseconds of repeated calls; two of them warm up. */
export function medianMilliseconds(run: () => void, repeats: number): number {
  run();
  run();
  return median(Array.from({ length: repeats }, () => {
    const started = performance.now();
    run();
    return performance.now() - started;
  }));
}
