/** One comparison of ours with a reference: `fault` says what is wrong, and is absent when nothing is. */
export interface Check {
  readonly name: string;
  readonly fault?: string;
}

/** Compares numbers within a tolerance, absolute unless told to be relative to the expected value. */
export function compareNumber(name: string, actual: number, expected: number, tolerance: number, kind: 'absolute' | 'relative' = 'absolute'): Check {
  const allowed = kind === 'relative' ? tolerance * Math.abs(expected) : tolerance;
  if (Math.abs(actual - expected) <= allowed) return { name };
  return { name, fault: `${actual}, expected ${expected} ± ${allowed.toPrecision(2)}` };
}
