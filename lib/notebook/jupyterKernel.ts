import type { Display } from 'tslab';

/** The part of tslab's Jupyter kernel that a cell uses for output. */
export interface JupyterKernel {
  readonly display: Display;
  /** Creates an output that later calls replace in its place. */
  newDisplay(): Display;
}

/** Returns the tslab Jupyter kernel that runs this code, or null in a script or a test. */
export function jupyterKernel(): JupyterKernel | null {
  if (!('__tslab__' in globalThis)) return null;
  // Not an import: outside a Jupyter kernel it would load tslab with its whole compiler.
  const tslab: unknown = require('tslab');
  return isJupyterKernel(tslab) ? tslab : null;
}

function isJupyterKernel(value: unknown): value is JupyterKernel {
  return typeof value === 'object' && value !== null && 'display' in value && 'newDisplay' in value;
}
