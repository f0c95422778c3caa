import * as tf from '../../tensor/engine/tf';
import type { Pass } from '../model';

/**
 * Sets a residual to zero for randomly chosen examples of the batch, and scales it up for the others, so that its
 * expected value does not change. [batch, ...] → the same.
 */
export type Drop = <T extends tf.Tensor>(residual: T) => T;

/** The drop rate of the block with this index, as a fraction of the pass's `dropPath.rate`. */
export type DropSchedule = (index: number, count: number) => number;

/** From 0 at the first block to the full rate at the last. */
export const linearSchedule: DropSchedule = (index, count) => (count > 1 ? index / (count - 1) : 0);

/** The full rate at every block, as in timm's Mixer and ResMLP. */
export const constantSchedule: DropSchedule = () => 1;

/**
 * Returns the stochastic depth (Huang et al. 2016; timm's DropPath) of one block of a network, or undefined if this
 * block drops nothing: in `eval` mode, or at a rate of 0. Each call of the returned function draws new examples.
 */
export function blockDrop(
  { mode, dropPath }: Pass,
  blocks: readonly string[],
  block: string,
  schedule: DropSchedule = linearSchedule,
): Drop | undefined {
  if (mode === 'eval' || !dropPath) return undefined;
  const rate = dropPath.rate * schedule(blocks.indexOf(block), blocks.length);
  if (rate === 0) return undefined;
  let calls = 0;
  return (residual) => {
    const [batch = 0, ...rest] = residual.shape;
    const call = calls++;
    const factors = dropPath.draw(({ random }) => {
      const stream = random.fork(block).fork(call);
      const values = Float32Array.from({ length: batch }, () => (stream.uniform() < rate ? 0 : 1 / (1 - rate)));
      return tf.tensor(values, [batch, ...rest.map(() => 1)]);
    });
    return tf.mul(residual, factors);
  };
}

/** x + residual, with the residual dropped for some examples if `drop` is given. */
export function addResidual<T extends tf.Tensor>(x: T, residual: T, drop?: Drop): T {
  return tf.add(x, drop ? drop(residual) : residual);
}

/**
 * The same for a branch that can add its result to x in one pass over memory: `branch(x)` returns x + residual, and
 * `branch()` the residual alone, which is what dropping needs.
 */
export function addFusedResidual<T extends tf.Tensor>(x: T, branch: (x?: T) => T, drop?: Drop): T {
  return drop ? addResidual(x, branch(), drop) : branch(x);
}
