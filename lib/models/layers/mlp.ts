import type * as tf from '../../tensor/engine/tf';
import type { Random } from '../../tensor/random';
import { Linear, type LinearOptions } from './linear';

/** Two linear layers with GELU between them. [..., width] → [..., width]. */
export class Mlp {
  readonly fc1: Linear;
  readonly fc2: Linear;

  constructor(width: number, hidden: number, random: Random, options: LinearOptions = {}) {
    this.fc1 = new Linear(width, hidden, random, options);
    this.fc2 = new Linear(hidden, width, random, options);
  }

  /** With a residual [..., width], adds it to the result in the same pass over memory. */
  apply<T extends tf.Tensor>(x: T, residual?: T): T {
    return this.fc2.apply(this.fc1.applyGelu(x), residual);
  }
}
