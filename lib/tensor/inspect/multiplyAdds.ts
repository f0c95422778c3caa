import { flops } from './flops';
import { isNative } from '../engine/native';
import { watchOps } from './watchOps';

/**
 * Multiply-adds of the products in a piece of work: those of convolutions, linear layers and attention. What only passes over memory
 * (norms, biases, activations, pooling) counts nothing, as in published tables. The work may ask for the number so far. Undefined where
 * the engine does not tell its ops.
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
