import * as tf from '../../tensor/engine/tf';
import type { Pass } from '../model';

/** A block by its name, as a function of the feature before it. */
export type NamedBlock<T extends tf.Tensor> = readonly [name: string, apply: (x: T) => T];

/**
 * Sends a feature through blocks and gives the last one's output. Each output is tapped and, unless gradients are recorded, freed
 * as soon as the next block has read it, so that memory does not grow with the number of blocks; x itself stays.
 */
export function runBlocks<T extends tf.Tensor>(x: T, blocks: readonly NamedBlock<T>[], tap: Pass['tap']): T {
  let feature = x;
  for (const [name, apply] of blocks) {
    const read = feature;
    feature = tf.tidy(() => apply(read));
    tap?.(name, feature);
    if (read !== x && tf.engine().state.gradientDepth === 0) read.dispose();
  }
  return feature;
}
