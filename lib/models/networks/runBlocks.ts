import * as tf from '../../tensor/engine/tf';
import type { Pass } from '../model';

/** The name of a block, and the block as a function of the feature before it. */
export type NamedBlock<T extends tf.Tensor> = readonly [name: string, apply: (x: T) => T];

/**
 * Applies blocks one after another and returns the output of the last. Each output is passed to `tap` and, unless
 * gradients are recorded, disposed as soon as the next block has read it, so that memory does not grow with the number
 * of blocks. x itself is not disposed.
 */
export function runBlocks<T extends tf.Tensor>(x: T, blocks: readonly NamedBlock<T>[], tap: Pass['tap']): T {
  let feature = x;
  for (const [name, apply] of blocks) {
    const input = feature;
    feature = tf.tidy(() => apply(input));
    tap?.(name, feature);
    if (input !== x && tf.engine().state.gradientDepth === 0) input.dispose();
  }
  return feature;
}
