import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { attention } from '../../../lib/tensor/ops/attention/attention';
import { batchNormEval, batchNormTrain } from '../../../lib/tensor/ops/batchNorm/batchNorm';
import { conv2d } from '../../../lib/tensor/ops/convolution/convolution';
import { depthwiseConv2d } from '../../../lib/tensor/ops/depthwise/depthwise';
import { biasGelu } from '../../../lib/tensor/ops/gelu/gelu';
import { gramMatrix } from '../../../lib/tensor/ops/gramMatrix/gramMatrix';
import { layerNorm } from '../../../lib/tensor/ops/layerNorm/layerNorm';
import { addBias } from '../../../lib/tensor/ops/linear/addBias';
import { linear } from '../../../lib/tensor/ops/linear/linear';
import { maxPool } from '../../../lib/tensor/ops/maxPool/maxPool';
import { permutedProducts } from '../../../lib/tensor/ops/permutedProducts/permutedProducts';
import { execute, type Attribute } from '../../../lib/tensor/engine/execute';
import { hasKernels } from '../../../lib/tensor/engine/native';
import * as tf from '../../../lib/tensor/engine/tf';

const skip = !hasKernels() && 'the kernels are not built: npm run setup';

afterEach(() => {
  delete process.env['OFA_KERNELS'];
});

const ones = <R extends tf.Rank>(...shape: number[]): tf.Tensor<R> => tf.ones<R>(shape as tf.ShapeMap[R]);
/** The weights and biases of layers with weights of these shapes. */
const layers = (...shapes: readonly (readonly number[])[]): tf.Tensor[] =>
  shapes.flatMap((shape) => [ones(...shape), ones(shape[shape.length - 1]!)]);
const transformerLayers = (width: number): tf.Tensor[] =>
  layers([width], [width, 3 * width], [width, width], [width], [width, 2 * width], [2 * width, width]);
const transformer = (x: tf.Tensor, parameters: tf.Tensor[]): tf.Tensor =>
  execute('OfaTransformerBlock', [x, ...parameters], [['heads', 'int', 2], ...plain], 5)[0]!;
const mixer = (x: tf.Tensor, tokens: number, width: number): tf.Tensor =>
  execute(
    'OfaMixerBlock',
    [x, ...layers([width], [tokens, 16], [16, tokens], [width], [width, 16], [16, width])],
    plain,
    4,
  )[0]!;
const swin = (x: tf.Tensor, distances: number, parameters = transformerLayers(16)): tf.Tensor =>
  execute(
    'OfaSwinBlock',
    [x, ones(distances, 2), ...parameters],
    [['window', 'int', 2], ['shift', 'int', 0], ...plain.slice(0, 2)],
  )[0]!;
const plain: readonly Attribute[] = [
  ['epsilon', 'float', 1e-6],
  ['mixed_precision', 'bool', false],
  ['save', 'bool', false],
];
const state = (width: number, other = width) => ({
  scale: ones<tf.Rank.R1>(width),
  offset: ones<tf.Rank.R1>(other),
  mean: ones<tf.Rank.R1>(width),
  variance: ones<tf.Rank.R1>(width),
});

for (const [name, op] of Object.entries<() => tf.Tensor>({
  'layer norm of another width': () => layerNorm(ones(4, 64), ones<tf.Rank.R1>(32), ones<tf.Rank.R1>(32), 1e-6),
  'layer norm with a short offset': () => layerNorm(ones(4, 64), ones<tf.Rank.R1>(64), ones<tf.Rank.R1>(32), 1e-6),
  'bias and GELU of another width': () => biasGelu(ones(4, 10), ones<tf.Rank.R1>(7)),
  'a bias of another width': () => addBias(ones(4, 10), ones<tf.Rank.R1>(5)),
  'a residual of fewer examples': () => addBias(ones(4, 10), ones<tf.Rank.R1>(10), ones(1, 10)),
  'linear with a residual of fewer examples': () =>
    linear(ones<tf.Rank.R3>(2, 5, 8), ones<tf.Rank.R2>(8, 8), {
      bias: ones<tf.Rank.R1>(8),
      residual: ones<tf.Rank.R3>(1, 5, 8),
    }),
  'linear in bfloat16 with a long bias': () =>
    linear(ones<tf.Rank.R2>(2, 8), ones<tf.Rank.R2>(8, 8), { bias: ones<tf.Rank.R1>(16), precision: 'bfloat16' }),
  'batch norm with a short offset': () =>
    batchNormTrain(ones<tf.Rank.R4>(2, 3, 3, 64), state(64, 32), { epsilon: 1e-5, momentum: 0.1 }).y,
  'batch norm by running averages with a residual of fewer examples': () =>
    batchNormEval(ones<tf.Rank.R4>(2, 3, 3, 8), state(8), 1e-5, { residual: ones<tf.Rank.R4>(1, 3, 3, 8) }),
  'batch norm of an empty batch': () =>
    batchNormTrain(ones<tf.Rank.R4>(0, 3, 3, 8), state(8), { epsilon: 1e-5, momentum: 0.1 }).y,
  'attention with a bias for another count of tokens': () =>
    attention(ones<tf.Rank.R3>(2, 5, 48), 2, { bias: ones<tf.Rank.R4>(1, 2, 4, 4) }),
  'a depthwise convolution with stride 0': () =>
    depthwiseConv2d(ones(1, 8, 8, 16), ones(3, 3, 16, 1), { stride: 0, padding: 1 }),
  'a depthwise convolution with negative padding': () =>
    depthwiseConv2d(ones(1, 8, 8, 16), ones(3, 3, 16, 1), { stride: 2, padding: -1 }),
  'a depthwise convolution of tokens': () =>
    depthwiseConv2d(ones<tf.Rank>(1, 64, 16) as tf.Tensor4D, ones(3, 3, 16, 1), { stride: 1, padding: 1 }),
  'max pooling of one image without a batch': () =>
    maxPool(ones<tf.Rank>(8, 8, 16) as tf.Tensor4D, { size: 3, stride: 1, padding: 1 }),
  'products of triangles for another number of examples': () =>
    permutedProducts(ones<tf.Rank.R2>(2, 10), ones<tf.Rank.R2>(10, 2), [[0, 1, 2, 3, 4, 5]]),
  'products of triangles of two sizes': () =>
    permutedProducts(ones<tf.Rank.R2>(2, 10), ones<tf.Rank.R2>(6, 2), [[0, 1, 2, 3, 4]]),
  'a permutation beyond the examples': () =>
    permutedProducts(ones<tf.Rank.R2>(2, 6), ones<tf.Rank.R2>(6, 2), [[0, 1, 2, 4]]),
  'a Gram matrix of images': () => gramMatrix(ones<tf.Rank>(2, 3, 4) as tf.Tensor2D),
  'linear in bfloat16 with a weight of three axes': () =>
    linear(ones<tf.Rank.R2>(2, 8), ones<tf.Rank>(8, 8, 2) as tf.Tensor2D, { precision: 'bfloat16' }),
  'a transformer block with parameters of another width': () => transformer(ones(2, 5, 32), transformerLayers(16)),
  'a transformer block without tokens': () => transformer(ones(2, 0, 16), transformerLayers(16)),
  'a transformer block with fewer layers': () => transformer(ones(2, 5, 16), transformerLayers(16).slice(2)),
  'a transformer block whose norm has no offset': () =>
    transformer(
      ones(2, 5, 16),
      transformerLayers(16).map((one, i) => (i === 1 ? ones(0) : one)),
    ),
  'a Mixer block with parameters for another count of tokens': () => mixer(ones(2, 16, 16), 64, 16),
  'a Mixer block with parameters of another width': () => mixer(ones(2, 64, 32), 64, 16),
  'a Swin block whose grid is not square': () => swin(ones(1, 4, 2, 16), 9),
  'a Swin block with the bias table of other windows': () => swin(ones(1, 4, 4, 16), 25),
  'a Swin block with parameters of another width': () => swin(ones(1, 4, 4, 32), 9),
  'a Swin block without a bias': () =>
    swin(
      ones(1, 4, 4, 16),
      9,
      transformerLayers(16).map((one, i) => (i === 3 ? ones(0) : one)),
    ),
  'max pooling of an image smaller than its window': () =>
    maxPool(ones<tf.Rank.R4>(1, 1, 1, 8), { size: 3, stride: 1, padding: 0 }),
})) {
  test(`${name} is an error, not a wrong result or a crash`, { skip }, () => {
    const before = tf.memory().numTensors;
    assert.throws(() => tf.tidy(op), /Invalid TF_Status: 3/);
    assert.equal(tf.memory().numTensors, before);
  });
}

for (const [name, op, shapes] of [
  ['layer norm', (x, s, o) => layerNorm(x, s as tf.Tensor1D, o as tf.Tensor1D, 1e-6), [[0, 8], [8], [8]]],
  ['bias and GELU', (x, b) => biasGelu(x, b as tf.Tensor1D), [[0, 8], [8]]],
  ['a bias', (x, b) => addBias(x, b as tf.Tensor1D), [[0, 8], [8]]],
  ['attention', (qkv) => attention(qkv as tf.Tensor3D, 2), [[0, 5, 48]]],
  [
    'a convolution in bfloat16 with few pixels',
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 1, padding: 1, precision: 'bfloat16' }),
    [
      [0, 2, 2, 16],
      [3, 3, 16, 16],
    ],
  ],
  [
    'a convolution in bfloat16 with many pixels',
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 1, padding: 1, precision: 'bfloat16' }),
    [
      [0, 34, 34, 16],
      [3, 3, 16, 16],
    ],
  ],
  [
    'a convolution',
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 1, padding: 1 }),
    [
      [0, 6, 6, 16],
      [3, 3, 16, 16],
    ],
  ],
  [
    'a convolution with stride 2',
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 2, padding: 1 }),
    [
      [0, 6, 6, 16],
      [3, 3, 16, 16],
    ],
  ],
  ['a Gram matrix', (x) => gramMatrix(x as tf.Tensor2D), [[0, 4]]],
] as const satisfies readonly (readonly [
  string,
  (...inputs: tf.Tensor[]) => tf.Tensor,
  readonly (readonly number[])[],
])[]) {
  test(`an empty batch has an empty result and gradients of 0: ${name}`, { skip }, () => {
    const call: (...inputs: tf.Tensor[]) => tf.Tensor = op;
    const inputs = shapes.map((shape) => tf.ones([...shape]));
    const y = call(...inputs);
    assert.equal(y.size, 0);
    if (name !== 'a Gram matrix') {
      const gradients = tf.grads(call)(inputs, tf.zerosLike(y));
      gradients.forEach((gradient, i) => {
        assert.deepEqual(gradient.shape, [...shapes[i]!]);
        assert.ok(
          gradient.dataSync<'float32'>().every((value) => value === 0),
          `gradient ${i}`,
        );
      });
    }
  });
}

test('blocks of valid shapes are computed', { skip }, () => {
  for (const [y, shape] of [
    [transformer(ones(2, 5, 16), transformerLayers(16)), [2, 5, 16]],
    [mixer(ones(2, 64, 16), 64, 16), [2, 64, 16]],
    [swin(ones(1, 3, 3, 16), 9), [1, 3, 3, 16]],
  ] as const) {
    assert.deepEqual(y.shape, shape);
    assert.ok(y.dataSync<'float32'>().every(Number.isFinite));
  }
});

test('invalid strides and paddings, and tensors of other ranks, are errors, not crashes', { skip }, () => {
  const [x, w] = [tf.ones<tf.Rank.R4>([1, 8, 8, 16]), tf.ones<tf.Rank.R4>([3, 3, 16, 16])];
  for (const precision of ['float32', 'bfloat16'] as const) {
    assert.throws(() => conv2d(x, w, { stride: 0, padding: 1, precision }), /stride must be above 0/);
    assert.throws(() => conv2d(x, w, { stride: 1, padding: -1, precision }), /padding must be at least 0/);
    assert.throws(
      () => conv2d(tf.ones<tf.Rank>([8, 8, 16]) as tf.Tensor4D, w, { stride: 1, padding: 1, precision }),
      /x must have shape \[batch, height, width, channels\]/,
    );
    assert.throws(
      () => conv2d(tf.ones([1, 8, 8, 0]), tf.ones([3, 3, 0, 16]), { stride: 1, padding: 1, precision }),
      /x must have shape/,
    );
  }
  tf.dispose([x, w]);
});

test('a filter that is not square is convolved in bfloat16, too', { skip }, () => {
  const [x, w] = [
    tf.randomNormal<tf.Rank.R4>([1, 8, 8, 16], 0, 1, 'float32', 1),
    tf.randomNormal<tf.Rank.R4>([3, 1, 16, 16], 0, 0.1, 'float32', 2),
  ];
  const [full, mixed] = (['float32', 'bfloat16'] as const).map((precision) =>
    conv2d(x, w, { stride: 1, padding: 0, precision }),
  );
  assert.deepEqual(mixed!.shape, [1, 6, 8, 16]);
  const difference = tf.max(tf.abs(tf.sub(full!, mixed!))).dataSync()[0]!;
  assert.ok(difference < 0.02, String(difference));
});

test('a channel that contains NaN has a variance of NaN', { skip }, () => {
  const x = tf.tensor4d([1, NaN, 3, 4, 5, 6, 7, 8], [4, 1, 1, 2]);
  const { variance } = batchNormTrain(x, state(2), { epsilon: 1e-5, momentum: 0.1 });
  const [finite, invalid] = variance.dataSync<'float32'>();
  assert.ok(Number.isFinite(finite) && Number.isNaN(invalid));
});

test('errors about channels name the multiple that the kernels of this processor accept', { skip }, () => {
  const window: readonly Attribute[] = [
    ['stride', 'int', 1],
    ['padding', 'int', 1],
  ];
  const convolutions = {
    depthwise: (channels: number) =>
      execute('OfaDepthwise', [ones(1, 8, 8, channels), ones(3, 3, channels, 1)], window),
    convolution: (channels: number) =>
      execute(
        'OfaConvolution',
        [ones(1, 8, 8, channels), ones(3, 3, channels, channels)],
        [...window, ['mixed_precision', 'bool', false], ['flipped', 'bool', false]],
      ),
  };
  for (const apply of Object.values(convolutions)) {
    const message = /multiple of (\d+)/;
    assert.throws(() => apply(4), message);
    let accepted = 0;
    try {
      apply(4);
    } catch (error) {
      accepted = Number(message.exec(String(error))?.[1]);
    }
    assert.equal(apply(accepted)[0]?.shape[3], accepted);
    assert.throws(() => apply(accepted / 2), message);
  }
});
