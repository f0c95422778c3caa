import * as tf from '../../tensor/engine/tf';
import type { Pass } from '../model';

/** What a block adds to its input, set to zero for some examples of the batch and enlarged for the others, so that its mean stays. */
export type Drop = <T extends tf.Tensor>(residual: T) => T;

/** The share of a pass's rate that the block `index` of `count` drops at. */
export type Share = (index: number, count: number) => number;

/** From none at the first block to all of the rate at the last. */
export const rising: Share = (index, count) => (count > 1 ? index / (count - 1) : 0);

/** The whole rate at every block, as timm's Mixer and ResMLP have it. */
export const alike: Share = () => 1;

/**
 * Stochastic depth (Huang et al. 2016), timm's DropPath, for one of a network's blocks; undefined where nothing is dropped: in evaluation,
 * or where the block's rate is 0. What is dropped is drawn anew for each part that the block adds.
 */
export function blockDrop(
  { mode, dropPath }: Pass,
  blocks: readonly string[],
  block: string,
  share: Share = rising,
): Drop | undefined {
  if (mode === 'eval' || !dropPath) return undefined;
  const rate = dropPath.rate * share(blocks.indexOf(block), blocks.length);
  if (rate === 0) return undefined;
  const random = dropPath.random.fork(block);
  return (residual) => {
    const [batch = 0, ...rest] = residual.shape;
    const factors = Float32Array.from({ length: batch }, () => (random.uniform() < rate ? 0 : 1 / (1 - rate)));
    return tf.mul(residual, tf.tensor(factors, [batch, ...rest.map(() => 1)]));
  };
}

/** x and what a block adds to it. */
export function addResidual<T extends tf.Tensor>(x: T, residual: T, drop?: Drop): T {
  return tf.add(x, drop ? drop(residual) : residual);
}

/** The same of a part that adds to what it is given in one pass over memory: so it is asked where nothing is dropped. */
export function addPart<T extends tf.Tensor>(x: T, part: (to?: T) => T, drop?: Drop): T {
  return drop ? addResidual(x, part(), drop) : part(x);
}
