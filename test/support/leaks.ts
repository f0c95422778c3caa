import assert from 'node:assert/strict';
import * as tf from '../../lib/tensor/engine/tf';

/**
 * Runs `f`, asserts that the only new tensors are those in its result, and disposes these.
 * Inputs must be created before the call.
 */
export function expectNoLeak(f: () => tf.TensorContainer, what = 'call'): void {
  const before = tf.memory().numTensors;
  const result = f();
  check(result, before, what);
}

/** Does the same for a function that returns a promise. */
export async function expectNoLeakAsync(f: () => Promise<tf.TensorContainer>, what = 'call'): Promise<void> {
  const before = tf.memory().numTensors;
  const result = await f();
  check(result, before, what);
}

function check(result: tf.TensorContainer, before: number, what: string): void {
  const returned = new Set(tf.tensor_util.getTensorsInContainer(result));
  for (const tensor of returned) assert.equal(tensor.isDisposed, false, `${what}: a returned tensor is disposed`);
  const created = tf.memory().numTensors - before;
  assert.equal(created, returned.size, `${what}: ${created} new tensors alive, ${returned.size} returned`);
  tf.dispose([...returned]);
}
