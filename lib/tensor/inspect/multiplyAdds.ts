import { isNative } from '../engine/native';
import { flops } from './flops';
import { watchOps } from './watchOps';

/**
 * Counts the multiply-adds of the products in `work`: those of convolutions, linear layers and attention. Norms,
 * biases, activations and pooling count 0, as in published tables. `work` can read the count so far. Returns undefined
 * without the native TensorFlow backend, whose ops can be watched.
 */
export function multiplyAddsOf(work: (soFar: () => number) => void): number | undefined {
  if (!isNative()) return undefined;
  let total = 0;
  const stop = watchOps((op, inputs, outputs) => {
    total += flops(op, { inputs: inputs.map(({ shape }) => shape), outputs: outputs.map(({ shape }) => shape) }) / 2;
  });
  try {
    work(() => total);
  } finally {
    stop();
  }
  return total;
}
