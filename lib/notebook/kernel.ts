import type { Display } from 'tslab';

/** What the tslab kernel offers to a cell. */
export interface Kernel {
  readonly display: Display;
  /** An output that can be shown again in its place. */
  newDisplay(): Display;
}

/** The tslab kernel that this code runs in, or null in a script or a test: there tslab's `display` only throws. */
export function kernel(): Kernel | null {
  if (!('__tslab__' in globalThis)) return null;
  // Not an import: outside the kernel tslab would be loaded with its whole compiler, for nothing.
  const tslab: unknown = require('tslab');
  return isKernel(tslab) ? tslab : null;
}

function isKernel(value: unknown): value is Kernel {
  return typeof value === 'object' && value !== null && 'display' in value && 'newDisplay' in value;
}
