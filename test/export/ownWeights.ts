import type { Module } from '../../lib/models/parameter';
import { parameters } from '../../lib/models/parameter';
import { fill } from '../../lib/reference/fill';
import * as tf from '../../lib/tensor/engine/tf';

/** Sets every parameter to different values, so that no norm, bias or residual scale is trivial. */
export function setDistinctWeights(module: Module): void {
  for (const [name, { variable }] of parameters(module)) {
    const values = Float32Array.from(fill(name, variable.size), (value) =>
      name.endsWith('running_var') ? 0.5 + Math.abs(value) : value / 2,
    );
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
}

/** Images [count, size, size, 3] that differ from each other. */
export function distinctImages(count: number, size: number): tf.Tensor4D {
  return tf.tensor4d(Float32Array.from(fill('images', count * size * size * 3)), [count, size, size, 3]);
}
