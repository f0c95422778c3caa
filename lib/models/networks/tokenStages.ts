import type * as tf from '../../tensor/engine/tf';
import { blockDrop, type Drop, type DropSchedule } from '../layers/dropPath';
import type { Output, Pass, StageShape } from '../model';
import { runBlocks, type NamedBlock } from './runBlocks';

/**
 * Returns the number of blocks after which each of the four stages ends. With 12 blocks, these are 2, 4, 10 and 12, as
 * in the released code. At any other depth, each stage is a quarter of the blocks, rounded down.
 */
function stageEnds(depth: number): readonly [number, number, number, number] {
  return depth === 12
    ? [2, 4, 10, 12]
    : [Math.floor(depth / 4), Math.floor(depth / 2), Math.floor((3 * depth) / 4), depth];
}

/** The stage shapes of a network whose number and width of tokens are the same in all blocks. */
export function tokenStages(
  channels: number,
  grid: number,
  classToken: boolean,
): readonly [StageShape, StageShape, StageShape, StageShape] {
  const stage: StageShape = { kind: 'tokens', channels, grid, classToken };
  return [stage, stage, stage, stage];
}

/** Returns the names of the blocks: `blocks.0`, `blocks.1`, …. */
export function blockNames(depth: number): string[] {
  return Array.from({ length: depth }, (_, i) => `blocks.${i}`);
}

/**
 * Applies the blocks to tokens [batch, tokens, width]. Returns the last feature and those at the ends of the four
 * stages.
 */
export function runTokenBlocks(
  tokens: tf.Tensor3D,
  blocks: readonly { apply(x: tf.Tensor3D, drop?: Drop): tf.Tensor3D }[],
  pass: Pass,
  schedule?: DropSchedule,
): { readonly x: tf.Tensor3D; readonly stages: Output['stages'] } {
  const names = blockNames(blocks.length);
  const steps = blocks.map((block, i): NamedBlock<tf.Tensor3D> => [
    names[i]!,
    (x) => block.apply(x, blockDrop(pass, names, names[i]!, schedule)),
  ]);
  const [first, second, third, last] = stageEnds(blocks.length);
  const a = runBlocks(tokens, steps.slice(0, first), pass.tap);
  const b = runBlocks(a, steps.slice(first, second), pass.tap);
  const c = runBlocks(b, steps.slice(second, third), pass.tap);
  const d = runBlocks(c, steps.slice(third, last), pass.tap);
  return { x: d, stages: [a, b, c, d] };
}
