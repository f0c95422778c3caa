import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../lib/errors';
import { createExitBranch } from '../../../lib/models/branches/createExitBranch';
import type { BranchOptions } from '../../../lib/models/branches/exitBranch';
import { torchShape } from '../../../lib/models/weights/layout';
import type { StageShape } from '../../../lib/models/model';
import { disposeModule, parameters } from '../../../lib/models/parameter';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { expectClose } from '../../support/close';

const tokens = (grid: number, channels: number, classToken = false): StageShape => ({
  kind: 'tokens',
  grid,
  channels,
  classToken,
});
const branch = (
  given: Pick<BranchOptions, 'stage' | 'shape'> & Partial<BranchOptions>,
): ReturnType<typeof createExitBranch> =>
  createExitBranch({ widthStudent: 16, widthTeacher: 24, classes: 5, finalGrid: 2, ...given }, new Random(1));

/** Shapes of the weights with more than one axis, by name. */
function weights(module: object): Record<string, number[]> {
  return Object.fromEntries(
    parameters(module)
      .map(([name, each]): [string, number[]] => [name, torchShape(each)])
      .filter(([, shape]) => shape.length > 1),
  );
}

test('a spatial branch halves the size and doubles the channels per block, up to the larger width', () => {
  const shape: StageShape = { kind: 'spatial', channels: 6, size: 9 };
  for (const [stage, widths] of [
    [1, [6, 12, 24, 24]],
    [2, [6, 12, 24]],
    [3, [6, 24]],
  ] as const) {
    const module = branch({ stage, shape });
    const shapes = weights(module);
    widths.slice(1).forEach((width, i) => assert.deepEqual(shapes[`body.${i}.op.5.weight`], [width, widths[i], 1, 1]));
    assert.deepEqual(Object.keys(shapes).filter((name) => name.endsWith('op.5.weight')).length, 4 - stage);
    assert.deepEqual(shapes['head.weight'], [5, 24]);
    tf.tidy(() => assert.deepEqual(module.apply(tf.ones<tf.Rank.R4>([3, 9, 9, 6]), 'eval').shape, [3, 5]));
    disposeModule(module);
  }
  const last = branch({ stage: 4, shape });
  assert.deepEqual(weights(last), { 'body.0.weight': [24, 6, 1, 1], 'head.weight': [5, 24] });
  disposeModule(last);
});

test('a token branch merges down to its final grid and has one block per remaining stage', () => {
  for (const [stage, grid, merges, blocks] of [
    [1, 8, 2, 3],
    [2, 4, 1, 2],
    [3, 2, 0, 1],
    [4, 2, 0, 1],
    [2, 3, 0, 2],
  ] as const) {
    const module = branch({ stage, shape: tokens(grid, merges === 0 ? 16 : 4) });
    const shapes = weights(module);
    const merged = Object.entries(shapes)
      .filter(([name]) => name.endsWith('reduction.weight'))
      .map(([, shape]) => shape);
    assert.deepEqual(
      merged,
      [
        [16, 16],
        [16, 64],
      ].slice(0, merges),
    );
    assert.equal(Object.keys(shapes).filter((name) => name.endsWith('attn.qkv.weight')).length, blocks);
    tf.tidy(() =>
      assert.deepEqual(
        module.apply(tf.ones<tf.Rank.R3>([3, grid * grid, merges === 0 ? 16 : 4]), 'eval').shape,
        [3, 5],
      ),
    );
    disposeModule(module);
  }
});

test('the order of tokens matters within a merged cell, and the order of the cells does not', () => {
  const module = branch({ stage: 4, shape: tokens(4, 16) });
  tf.tidy(() => {
    const feature = tf.randomNormal<tf.Rank.R3>([1, 16, 16], 0, 1, 'float32', 7);
    const permuted = (order: readonly number[]): tf.Tensor3D => tf.gather(feature, [...order], 1);
    const positions = Array.from({ length: 16 }, (_, i) => i);
    const out = module.apply(feature, 'eval');
    // Swaps cells of 2 × 2 tokens, columns 0, 1 with columns 2, 3: the mean over merged tokens does not change.
    const cells = positions.map((i) => 4 * Math.floor(i / 4) + (((i % 4) + 2) % 4));
    expectClose(module.apply(permuted(cells), 'eval'), out, { absolute: 1e-5 });
    // Swaps two tokens within a cell, which does change it.
    const within = positions.map((i) => (i === 0 ? 1 : i === 1 ? 0 : i));
    assert.ok(tf.max(tf.abs(tf.sub(module.apply(permuted(within), 'eval'), out))).dataSync()[0]! > 1e-6);
  });
  disposeModule(module);
});

test('the class token bypasses merging and is what the classifier reads', () => {
  const module = branch({ stage: 1, shape: tokens(4, 16, true) });
  tf.tidy(() => {
    const feature = tf.randomNormal<tf.Rank.R3>([2, 17, 16], 0, 1, 'float32', 3);
    const out = module.apply(feature, 'eval');
    assert.deepEqual(out.shape, [2, 5]);
    const other = tf.concat(
      [tf.add(tf.slice(feature, [0, 0, 0], [2, 1, 16]), 1), tf.slice(feature, [0, 1, 0], [2, 16, 16])],
      1,
    ) as tf.Tensor3D;
    assert.ok(tf.max(tf.abs(tf.sub(module.apply(other, 'eval'), out))).dataSync()[0]! > 1e-6);
  });
  disposeModule(module);
});

test('rejects a branch without merging if the stage is not as wide as the student', () => {
  assert.throws(
    () => branch({ stage: 3, shape: tokens(2, 8) }),
    (error) => error instanceof UserError && /stage 3 merges no tokens.* 8 channels .* 16 /.test(error.message),
  );
});

test('rejects a grid that cannot be halved as often as merging needs', () => {
  assert.throws(
    () => branch({ stage: 2, shape: tokens(15, 16), finalGrid: 7 }),
    (error) =>
      error instanceof UserError && /stage 2 merges 2 × 2 tokens once, which a grid of 15 × 15/.test(error.message),
  );
});
