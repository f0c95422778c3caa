import type { Check } from './check';

/** The honest answer for a kind of file that nothing here can check yet. */
export function unsupported(kind: string): Check[] {
  return [{ name: kind, fault: 'this kind of reference file is not compared yet' }];
}
