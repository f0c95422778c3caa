import { afterEach, test } from 'node:test';
import { attention } from '../../lib/tensor/ops/attention/attention';
import { batchNormEval, batchNormTrain, type BatchNormEpilogue } from '../../lib/tensor/ops/batchNorm/batchNorm';
import { conv2d } from '../../lib/tensor/ops/convolution/convolution';
import { depthwiseConv2d } from '../../lib/tensor/ops/depthwise/depthwise';
import { biasGelu, gelu } from '../../lib/tensor/ops/gelu/gelu';
import { layerNorm } from '../../lib/tensor/ops/layerNorm/layerNorm';
import { addBias, linear } from '../../lib/tensor/ops/linear/linear';
import { maxPool } from '../../lib/tensor/ops/maxPool/maxPool';
import { meanOfPlaces } from '../../lib/tensor/ops/mean';
import { hasKernels } from '../../lib/tensor/engine/native';
import { Random } from '../../lib/tensor/random';
import { relu, relu6 } from '../../lib/tensor/ops/relu';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose, largest } from '../support/close';
import { expectGradients } from '../support/gradient';
import { expectNoLeak } from '../support/leaks';

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;
type Shapes = readonly (readonly number[])[];

function normal(shape: readonly number[], label: string): tf.Tensor {
  const random = new Random(7).fork(label);
  return tf.tensor(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
    [...shape],
  );
}

const state = (scale: tf.Tensor, offset: tf.Tensor) => ({
  scale: scale as tf.Tensor1D,
  offset: offset as tf.Tensor1D,
  mean: tf.zeros<tf.Rank.R1>([scale.size]),
  variance: tf.ones<tf.Rank.R1>([scale.size]),
});

function trained(epilogue: (residual: tf.Tensor | undefined) => BatchNormEpilogue): Op {
  return (x, scale, offset, residual) => {
    const result = batchNormTrain(
      x as tf.Tensor4D,
      state(scale, offset),
      { epsilon: 1e-5, momentum: 0.1 },
      epilogue(residual),
    );
    tf.dispose([result.mean, result.variance]);
    return result.y;
  };
}

/** Every op with a gradient of its own, and shapes to try it on. */
const ops: Readonly<Record<string, readonly [Op, Shapes]>> = {
  'layer norm': [(x, s, o) => layerNorm(x, s as tf.Tensor1D, o as tf.Tensor1D, 1e-6), [[3, 5, 12], [12], [12]]],
  'bias and GELU': [(x, b) => biasGelu(x, b as tf.Tensor1D), [[4, 3, 9], [9]]],
  GELU: [(x) => gelu(x), [[4, 11]]],
  ReLU: [(x) => relu(x), [[5, 9]]],
  ReLU6: [(x) => relu6(tf.mul(x, 4)), [[5, 9]]],
  attention: [(qkv) => attention(qkv as tf.Tensor3D, 2), [[2, 5, 48]]],
  'attention of deeper heads': [(qkv) => attention(qkv as tf.Tensor3D, 2), [[1, 17, 144]]],
  'attention with a bias': [
    (qkv, bias) => attention(qkv as tf.Tensor3D, 2, { bias: bias as tf.Tensor4D }),
    [
      [4, 5, 48],
      [2, 2, 5, 5],
    ],
  ],
  'attention of many tokens with one bias for all': [
    (qkv, bias) => attention(qkv as tf.Tensor3D, 2, { bias: bias as tf.Tensor4D }),
    [
      [2, 19, 48],
      [1, 2, 19, 19],
    ],
  ],
  linear: [
    (x, w) => linear(x, w as tf.Tensor2D),
    [
      [2, 3, 6],
      [6, 4],
    ],
  ],
  bias: [(x, b) => addBias(x, b as tf.Tensor1D), [[2, 3, 6], [6]]],
  'bias and residual': [(x, b, r) => addBias(x, b as tf.Tensor1D, r), [[2, 3, 6], [6], [2, 3, 6]]],
  'convolution 3×3': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 1, padding: 1 }),
    [
      [2, 6, 6, 4],
      [3, 3, 4, 8],
    ],
  ],
  'convolution of odd channels': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 1, padding: 1 }),
    [
      [2, 5, 7, 3],
      [3, 3, 3, 5],
    ],
  ],
  'convolution of stride 2': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 2, padding: 1 }),
    [
      [2, 7, 6, 4],
      [3, 3, 4, 24],
    ],
  ],
  'convolution of stride 2 over a pixel': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 2, padding: 1 }),
    [
      [3, 1, 1, 4],
      [3, 3, 4, 8],
    ],
  ],
  'convolution of stride 2 over a row': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 2, padding: 1 }),
    [
      [2, 1, 5, 4],
      [3, 3, 4, 8],
    ],
  ],
  'convolution where patches stand': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 1, padding: 1 }),
    [
      [3, 9, 7, 16],
      [3, 3, 16, 48],
    ],
  ],
  'convolution where patches stand, without padding': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 1, padding: 0 }),
    [
      [2, 8, 8, 16],
      [3, 3, 16, 16],
    ],
  ],
  'convolution where patches stand, of stride 2 over an odd size': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 2, padding: 1 }),
    [
      [2, 9, 11, 48],
      [3, 3, 48, 80],
    ],
  ],
  'convolution where patches stand, of points and stride 2': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 2, padding: 0 }),
    [
      [2, 7, 6, 32],
      [1, 1, 32, 64],
    ],
  ],
  'convolution where patches stand, of patches': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 2, padding: 0 }),
    [
      [2, 8, 8, 16],
      [2, 2, 16, 32],
    ],
  ],
  'convolution where patches stand, of more rows than a band': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 1, padding: 1 }),
    [
      [1, 20, 24, 64],
      [3, 3, 64, 16],
    ],
  ],
  'convolution where patches stand, of more rows of slopes than a band': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 1, padding: 1 }),
    [
      [1, 20, 24, 16],
      [3, 3, 16, 64],
    ],
  ],
  'convolution where patches stand, of long rows and stride 2': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 2, padding: 1 }),
    [
      [1, 5, 67, 16],
      [3, 3, 16, 48],
    ],
  ],
  'convolution of more rows than a band, and channels for every tile': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 1, padding: 1 }),
    [
      [2, 26, 20, 28],
      [3, 3, 28, 56],
    ],
  ],
  'convolution of more rows than a band and stride 2': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 2, padding: 1 }),
    [
      [2, 37, 21, 20],
      [3, 3, 20, 24],
    ],
  ],
  'convolution of filters that are no squares': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 1, padding: 0 }),
    [
      [2, 5, 6, 4],
      [3, 1, 4, 8],
    ],
  ],
  'convolution of patches': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 2, padding: 0 }),
    [
      [2, 6, 6, 3],
      [2, 2, 3, 8],
    ],
  ],
  'pointwise convolution of stride 2': [
    (x, w) => conv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 2, padding: 0 }),
    [
      [2, 6, 6, 4],
      [1, 1, 4, 8],
    ],
  ],
  'depthwise convolution': [
    (x, w) => depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 1, padding: 1 }),
    [
      [2, 5, 6, 4],
      [3, 3, 4, 1],
    ],
  ],
  'depthwise convolution of stride 2': [
    (x, w) => depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 2, padding: 1 }),
    [
      [2, 7, 6, 4],
      [3, 3, 4, 1],
    ],
  ],
  'depthwise convolution by the vector': depthwiseBy({ stride: 1, padding: 1 }, [2, 5, 6, 32], 3),
  'depthwise convolution by the vector, of stride 2 over odd and even sides': depthwiseBy(
    { stride: 2, padding: 1 },
    [2, 7, 6, 16],
    3,
  ),
  'depthwise convolution by the vector, of stride 3 and five by five': depthwiseBy(
    { stride: 3, padding: 2 },
    [1, 8, 9, 16],
    5,
  ),
  'depthwise convolution by the vector, of seven by seven over a smaller image': depthwiseBy(
    { stride: 1, padding: 3 },
    [1, 4, 5, 16],
    7,
  ),
  'depthwise convolution by the vector, of a stride beyond the filter': depthwiseBy(
    { stride: 4, padding: 1 },
    [1, 9, 10, 16],
    3,
  ),
  'depthwise convolution by the vector, of many images': depthwiseBy({ stride: 2, padding: 1 }, [37, 3, 3, 16], 3),
  'depthwise convolution by the vector, without padding': depthwiseBy({ stride: 1, padding: 0 }, [1, 5, 4, 16], 3),
  'max pooling': [(x) => maxPool(x as tf.Tensor4D, { size: 3, stride: 2, padding: 1 }), [[2, 7, 6, 5]]],
  'max pooling that overlaps': [(x) => maxPool(x as tf.Tensor4D, { size: 3, stride: 1, padding: 0 }), [[2, 5, 6, 3]]],
  'mean of positions': [(x) => meanOfPlaces(x), [[2, 3, 4, 5]]],
  'mean of tokens': [(x) => meanOfPlaces(x), [[2, 7, 5]]],
  'batch norm': [trained(() => ({})), [[3, 4, 4, 6], [6], [6]]],
  'batch norm and ReLU': [trained(() => ({ cut: 'relu' })), [[3, 4, 4, 6], [6], [6]]],
  'batch norm and residual': [trained((r) => ({ residual: r as tf.Tensor4D })), [[3, 4, 4, 6], [6], [6], [3, 4, 4, 6]]],
  'batch norm, residual and ReLU': [
    trained((r) => ({ residual: r as tf.Tensor4D, cut: 'relu' })),
    [[3, 4, 4, 6], [6], [6], [3, 4, 4, 6]],
  ],
  'batch norm and ReLU6': [trained(() => ({ cut: 'relu6' })), [[3, 4, 4, 6], [6], [6]]],
  'batch norm of averages': [(x, s, o) => batchNormEval(x as tf.Tensor4D, state(s, o), 1e-5), [[3, 4, 4, 6], [6], [6]]],
  'batch norm of averages and ReLU6': [
    (x, s, o) => batchNormEval(tf.mul(x, 4), state(s, o), 1e-5, { cut: 'relu6' }),
    [[3, 4, 4, 6], [6], [6]],
  ],
  'batch norm of averages, residual and ReLU': [
    (x, s, o, r) => batchNormEval(x as tf.Tensor4D, state(s, o), 1e-5, { residual: r as tf.Tensor4D, cut: 'relu' }),
    [[3, 4, 4, 6], [6], [6], [3, 4, 4, 6]],
  ],
};

function depthwiseBy(
  window: { readonly stride: number; readonly padding: number },
  shape: readonly number[],
  side: number,
): readonly [Op, Shapes] {
  return [(x, w) => depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, window), [shape, [side, side, shape[3]!, 1]]];
}

afterEach(() => {
  delete process.env['OFA_KERNELS'];
});

for (const [name, [op, shapes]] of Object.entries(ops)) {
  for (const kernels of ['on', 'off'] as const) {
    test(
      `${name}: gradient by finite differences, no leak (kernels ${kernels})`,
      { skip: kernels === 'on' && !hasKernels() && 'no kernels here' },
      () => {
        process.env['OFA_KERNELS'] = kernels;
        const inputs = shapes.map((shape, i) => normal(shape, `${name}${i}`));
        // A small step keeps clear of the corners of ReLU.
        expectGradients(
          (...x) => tf.tidy(() => op(...x)),
          inputs,
          /ReLU|max/.test(name) ? { step: 2e-4, tolerance: 2e-2 } : { tolerance: 3e-3 },
        );
        expectNoLeak(() => tf.tidy(() => op(...inputs)));
        tf.dispose(inputs);
      },
    );
  }

  test(`${name}: kernels equal the composed ops`, { skip: !hasKernels() && 'no kernels here' }, () => {
    const inputs = shapes.map((shape, i) => normal(shape, `${name}${i}`));
    const [fused, composed] = ['on', 'off'].map((kernels) => {
      process.env['OFA_KERNELS'] = kernels;
      const y = tf.tidy(() => op(...inputs));
      return [y, ...tf.grads(op)(inputs, normal(y.shape, 'dy'))];
    });
    fused!.forEach((tensor, i) =>
      expectClose(
        tensor,
        composed![i]!,
        { relative: 0, absolute: 2e-5 * largest(composed![i]!) },
        i === 0 ? 'value' : `gradient ${i - 1}`,
      ),
    );
    tf.dispose([inputs, fused!, composed!]);
  });
}

for (const kernels of ['on', 'off'] as const) {
  test(`batch norm moves its averages as PyTorch does (kernels ${kernels})`, () => {
    process.env['OFA_KERNELS'] = kernels;
    // Two channels: 1, 2, 3, 4 (mean 2.5, unbiased variance 5/3) and a constant 1000.
    const x = tf.tensor4d([1, 1000, 2, 1000, 3, 1000, 4, 1000], [1, 2, 2, 2]);
    const given = {
      scale: tf.ones<tf.Rank.R1>([2]),
      offset: tf.zeros<tf.Rank.R1>([2]),
      mean: tf.tensor1d([1, 0]),
      variance: tf.tensor1d([1, 1]),
    };
    const { y, mean, variance } = batchNormTrain(x, given, { epsilon: 1e-5, momentum: 0.1 });
    expectClose(mean, [0.9 + 0.25, 100]);
    expectClose(variance, [0.9 + (0.1 * 5) / 3, 0.9]);
    const root = Math.sqrt(1.25 + 1e-5);
    expectClose(y, [-1.5 / root, 0, -0.5 / root, 0, 0.5 / root, 0, 1.5 / root, 0], { absolute: 1e-4 });
    tf.dispose([x, given.scale, given.offset, given.mean, given.variance, y, mean, variance]);
  });
}

test('GELU of known values', () => {
  const y = gelu(tf.tensor1d([-3, -1, 0, 1, 3]));
  expectClose(y, [-0.00404969, -0.15865525, 0, 0.84134475, 2.99595031], { absolute: 1e-6 });
  y.dispose();
});
