import type { Check } from './check';

/** The honest answer for what the library does not have yet. */
export function unsupported(what: string): Check[] {
  return [{ name: what, fault: 'the library has nothing to compare with it yet', unsupported: true }];
}
