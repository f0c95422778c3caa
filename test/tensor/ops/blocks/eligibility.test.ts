import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { hasKernels } from '../../../../lib/tensor/engine/native';
import * as tf from '../../../../lib/tensor/engine/tf';
import type { LayerValues } from '../../../../lib/tensor/ops/blocks/fusedBlock';
import { fusedMixerBlock } from '../../../../lib/tensor/ops/blocks/mixerBlock/mixerBlock';
import { fusedSwinBlock } from '../../../../lib/tensor/ops/blocks/swinBlock/swinBlock';
import { fusedTransformerBlock } from '../../../../lib/tensor/ops/blocks/transformerBlock/transformerBlock';

const skip = !hasKernels() && 'the kernels are not built: npm run setup';

afterEach(() => {
  delete process.env['OFA_KERNELS'];
});

const norm = (width: number): LayerValues => ({ weight: tf.ones([width]), bias: tf.zeros([width]) });
const layer = (widthIn: number, width: number): LayerValues => ({
  weight: tf.ones([widthIn, width]),
  bias: tf.zeros([width]),
});
const mlp = (width: number) => ({
  norm2: norm(width),
  fc1: layer(width, 2 * width),
  fc2: layer(2 * width, width),
});
const attentionLayers = (width: number) => ({
  norm1: norm(width),
  qkv: layer(width, 3 * width),
  proj: layer(width, width),
});

const transformer = (width: number, heads = 2): tf.Tensor | undefined =>
  fusedTransformerBlock(
    tf.ones<tf.Rank.R3>([1, 3, width]),
    { ...attentionLayers(width), ...mlp(width) },
    { heads, epsilon: 1e-6, precision: 'float32' },
  );

const mixer = (tokens: number): tf.Tensor | undefined =>
  fusedMixerBlock(
    tf.ones<tf.Rank.R3>([1, tokens, 16]),
    {
      norm1: norm(16),
      tokens1: layer(tokens, 8),
      tokens2: layer(8, tokens),
      norm2: norm(16),
      channels1: layer(16, 32),
      channels2: layer(32, 16),
    },
    { epsilon: 1e-6, precision: 'float32' },
  );

const swin = (x = tf.ones<tf.Rank.R4>([1, 4, 4, 16])): tf.Tensor4D | undefined =>
  fusedSwinBlock(
    x,
    { ...attentionLayers(16), ...mlp(16), biasTable: tf.zeros([9, 2]) },
    { window: 2, shift: 1, epsilon: 1e-5, precision: 'float32' },
  );

test('blocks of supported sizes are computed by one op', { skip }, () => {
  tf.tidy(() => {
    assert.deepEqual(transformer(16)?.shape, [1, 3, 16]);
    assert.deepEqual(mixer(8)?.shape, [1, 8, 16]);
    assert.deepEqual(swin()?.shape, [1, 4, 4, 16]);
  });
});

test('blocks of other sizes are left to their layers', () => {
  tf.tidy(() => {
    assert.equal(transformer(24), undefined, 'heads of 12 channels');
    assert.equal(transformer(512), undefined, 'too many weights for the cache');
    assert.equal(mixer(12), undefined, '12 tokens');
  });
});

test('a Swin block whose gradient is needed is left to its layers', { skip }, () => {
  tf.tidy(() => {
    let fused: tf.Tensor4D | undefined;
    tf.grad((x) => {
      fused = swin(x as tf.Tensor4D);
      return tf.square(x);
    })(tf.ones([1, 4, 4, 16]));
    assert.equal(fused, undefined);
  });
});

test('without kernels no block is fused', () => {
  process.env['OFA_KERNELS'] = 'off';
  tf.tidy(() => assert.deepEqual([transformer(16), mixer(8), swin()], [undefined, undefined, undefined]));
});
