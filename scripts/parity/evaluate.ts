import { Compiled } from '../../lib/tensor/engine/compile';
import type * as tf from '../../lib/tensor/engine/tf';

/** How the library's functions run: op by op, or as one compiled function, without or with XLA. */
export type Mode = 'eager' | 'graph' | 'xla';

/** Runs a function of constant tensors, and returns its outputs. */
export function evaluate(mode: Mode, compute: () => tf.Tensor[]): tf.Tensor[] {
  if (mode === 'eager') return compute();
  const compiled = new Compiled(() => compute(), { xla: mode === 'xla' });
  try {
    // The first three calls run op by op.
    for (let call = 0; call < 3; call++) compiled.run({}, undefined);
    return compiled.run({}, undefined);
  } finally {
    compiled.dispose();
  }
}
