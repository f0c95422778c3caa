import assert from 'node:assert/strict';
import * as tf from '../../lib/tensor/engine/tf';

/**
 * Runs `f`, asserts that exactly the tensors in what it returns are new and alive, and disposes those.
 * Inputs must be made before the call.
 */
export function expectNoLeak(f: () => tf.TensorContainer, what = 'call'): void {
  const before = tf.memory().numTensors;
  const result = f();
  check(result, before, what);
}

/** The same for a function that returns a promise. */
export async function expectNoLeakAsync(f: () => Promise<tf.TensorContainer>, what = 'call'): Promise<void> {
  const before = tf.memory().numTensors;
  const result = await f();
  check(result, before, what);
}

function check(result: tf.TensorContainer, before: number, what: string): void {
  const returned = new Set(tf.tensor_util.getTensorsInContainer(result));
  for (const tensor of returned) assert.equal(tensor.isDisposed, false, `${what}: a returned tensor is disposed`);
  const made = tf.memory().numTensors - before;
  assert.equal(made, returned.size, `${what}: ${made} new tensors alive, ${returned.size} returned`);
  tf.dispose([...returned]);
}
