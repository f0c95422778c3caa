import { afterEach, test } from 'node:test';
import { attention } from '../../../lib/tensor/ops/attention/attention';
import { batchNormEval, batchNormTrain, type BatchNormEpilogue } from '../../../lib/tensor/ops/batchNorm/batchNorm';
import { conv2d, type ConvolutionOptions } from '../../../lib/tensor/ops/convolution/convolution';
import { depthwiseConv2d } from '../../../lib/tensor/ops/depthwise/depthwise';
import { biasGelu, gelu } from '../../../lib/tensor/ops/gelu/gelu';
import { layerNorm } from '../../../lib/tensor/ops/layerNorm/layerNorm';
import { addBias } from '../../../lib/tensor/ops/linear/addBias';
import { linear } from '../../../lib/tensor/ops/linear/linear';
import { maxPool } from '../../../lib/tensor/ops/maxPool/maxPool';
import { globalAveragePool } from '../../../lib/tensor/ops/globalAveragePool/globalAveragePool';
import { hasKernels } from '../../../lib/tensor/engine/native';
import { Random } from '../../../lib/tensor/random';
import { relu, relu6 } from '../../../lib/tensor/ops/relu/relu';
import * as tf from '../../../lib/tensor/engine/tf';
import { expectClose, largest } from '../../support/close';
import { expectGradients } from '../../support/gradient';
import { expectNoLeak } from '../../support/leaks';

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

/** Every op with its own gradient, and the shapes of its inputs. */
const ops: Readonly<Record<string, readonly [Op, Shapes]>> = {
  'layer norm': [(x, s, o) => layerNorm(x, s as tf.Tensor1D, o as tf.Tensor1D, 1e-6), [[3, 5, 12], [12], [12]]],
  'bias and GELU': [(x, b) => biasGelu(x, b as tf.Tensor1D), [[4, 3, 9], [9]]],
  GELU: [(x) => gelu(x), [[4, 11]]],
  ReLU: [(x) => relu(x), [[5, 9]]],
  ReLU6: [(x) => relu6(tf.mul(x, 4)), [[5, 9]]],
  attention: [(qkv) => attention(qkv as tf.Tensor3D, 2), [[2, 5, 48]]],
  'attention with deeper heads': [(qkv) => attention(qkv as tf.Tensor3D, 2), [[1, 17, 144]]],
  'attention with a bias': [
    (qkv, bias) => attention(qkv as tf.Tensor3D, 2, { bias: bias as tf.Tensor4D }),
    [
      [4, 5, 48],
      [2, 2, 5, 5],
    ],
  ],
  'attention of many tokens with one group of biases': [
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
  'convolution 3×3': convolution({ stride: 1, padding: 1 }, [2, 6, 6, 4], [3, 3, 4, 8]),
  'convolution with odd counts of channels': convolution({ stride: 1, padding: 1 }, [2, 5, 7, 3], [3, 3, 3, 5]),
  'convolution with stride 2': convolution({ stride: 2, padding: 1 }, [2, 7, 6, 4], [3, 3, 4, 24]),
  'convolution with stride 2 over one pixel': convolution({ stride: 2, padding: 1 }, [3, 1, 1, 4], [3, 3, 4, 8]),
  'convolution with stride 2 over one row': convolution({ stride: 2, padding: 1 }, [2, 1, 5, 4], [3, 3, 4, 8]),
  'convolution by kernel': convolution({ stride: 1, padding: 1 }, [3, 9, 7, 16], [3, 3, 16, 48]),
  'convolution by kernel, without padding': convolution({ stride: 1, padding: 0 }, [2, 8, 8, 16], [3, 3, 16, 16]),
  'convolution by kernel, with stride 2 and an odd size': convolution(
    { stride: 2, padding: 1 },
    [2, 9, 11, 48],
    [3, 3, 48, 80],
  ),
  'convolution by kernel, pointwise with stride 2': convolution(
    { stride: 2, padding: 0 },
    [2, 7, 6, 32],
    [1, 1, 32, 64],
  ),
  'convolution by kernel, of separate patches': convolution({ stride: 2, padding: 0 }, [2, 8, 8, 16], [2, 2, 16, 32]),
  'convolution by kernel, with more rows than a band': convolution(
    { stride: 1, padding: 1 },
    [1, 20, 24, 64],
    [3, 3, 64, 16],
  ),
  'convolution by kernel, with more rows of dy than a band': convolution(
    { stride: 1, padding: 1 },
    [1, 20, 24, 16],
    [3, 3, 16, 64],
  ),
  'convolution by kernel, of long rows with stride 2': convolution(
    { stride: 2, padding: 1 },
    [1, 5, 67, 16],
    [3, 3, 16, 48],
  ),
  'convolution with more rows than a band and channels for every size of tile': convolution(
    { stride: 1, padding: 1 },
    [2, 26, 20, 28],
    [3, 3, 28, 56],
  ),
  'convolution with more rows than a band and stride 2': convolution(
    { stride: 2, padding: 1 },
    [2, 37, 21, 20],
    [3, 3, 20, 24],
  ),
  'convolution with filters that are not square': convolution({ stride: 1, padding: 0 }, [2, 5, 6, 4], [3, 1, 4, 8]),
  'convolution of separate patches': convolution({ stride: 2, padding: 0 }, [2, 6, 6, 3], [2, 2, 3, 8]),
  'pointwise convolution with stride 2': convolution({ stride: 2, padding: 0 }, [2, 6, 6, 4], [1, 1, 4, 8]),
  'depthwise convolution': [
    (x, w) => depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 1, padding: 1 }),
    [
      [2, 5, 6, 4],
      [3, 3, 4, 1],
    ],
  ],
  'depthwise convolution with stride 2': [
    (x, w) => depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, { stride: 2, padding: 1 }),
    [
      [2, 7, 6, 4],
      [3, 3, 4, 1],
    ],
  ],
  'depthwise convolution by kernel': depthwiseBy({ stride: 1, padding: 1 }, [2, 5, 6, 32], 3),
  'depthwise convolution by kernel, with stride 2 and odd and even sizes': depthwiseBy(
    { stride: 2, padding: 1 },
    [2, 7, 6, 16],
    3,
  ),
  'depthwise convolution by kernel, 5×5 with stride 3': depthwiseBy({ stride: 3, padding: 2 }, [1, 8, 9, 16], 5),
  'depthwise convolution by kernel, 7×7 over a smaller image': depthwiseBy({ stride: 1, padding: 3 }, [1, 4, 5, 16], 7),
  'depthwise convolution by kernel, with a stride above the filter size': depthwiseBy(
    { stride: 4, padding: 1 },
    [1, 9, 10, 16],
    3,
  ),
  'depthwise convolution by kernel, of many images': depthwiseBy({ stride: 2, padding: 1 }, [37, 3, 3, 16], 3),
  'depthwise convolution by kernel, without padding': depthwiseBy({ stride: 1, padding: 0 }, [1, 5, 4, 16], 3),
  'max pooling': [(x) => maxPool(x as tf.Tensor4D, { size: 3, stride: 2, padding: 1 }), [[2, 7, 6, 5]]],
  'max pooling with overlapping windows': [
    (x) => maxPool(x as tf.Tensor4D, { size: 3, stride: 1, padding: 0 }),
    [[2, 5, 6, 3]],
  ],
  'global average pooling of images': [(x) => globalAveragePool(x), [[2, 3, 4, 5]]],
  'global average pooling of tokens': [(x) => globalAveragePool(x), [[2, 7, 5]]],
  'batch norm': [trained(() => ({})), [[3, 4, 4, 6], [6], [6]]],
  'batch norm and ReLU': [trained(() => ({ activation: 'relu' })), [[3, 4, 4, 6], [6], [6]]],
  'batch norm and residual': [trained((r) => ({ residual: r as tf.Tensor4D })), [[3, 4, 4, 6], [6], [6], [3, 4, 4, 6]]],
  'batch norm, residual and ReLU': [
    trained((r) => ({ residual: r as tf.Tensor4D, activation: 'relu' })),
    [[3, 4, 4, 6], [6], [6], [3, 4, 4, 6]],
  ],
  'batch norm and ReLU6': [trained(() => ({ activation: 'relu6' })), [[3, 4, 4, 6], [6], [6]]],
  'batch norm by running averages': [
    (x, s, o) => batchNormEval(x as tf.Tensor4D, state(s, o), 1e-5),
    [[3, 4, 4, 6], [6], [6]],
  ],
  'batch norm by running averages and ReLU6': [
    (x, s, o) => batchNormEval(tf.mul(x, 4), state(s, o), 1e-5, { activation: 'relu6' }),
    [[3, 4, 4, 6], [6], [6]],
  ],
  'batch norm by running averages, residual and ReLU': [
    (x, s, o, r) =>
      batchNormEval(x as tf.Tensor4D, state(s, o), 1e-5, { residual: r as tf.Tensor4D, activation: 'relu' }),
    [[3, 4, 4, 6], [6], [6], [3, 4, 4, 6]],
  ],
};

type Window = Pick<ConvolutionOptions, 'stride' | 'padding'>;

function convolution(window: Window, x: readonly number[], filter: readonly number[]): readonly [Op, Shapes] {
  return [(input, weight) => conv2d(input as tf.Tensor4D, weight as tf.Tensor4D, window), [x, filter]];
}

function depthwiseBy(window: Window, shape: readonly number[], size: number): readonly [Op, Shapes] {
  return [(x, w) => depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, window), [shape, [size, size, shape[3]!, 1]]];
}

afterEach(() => {
  delete process.env['OFA_KERNELS'];
});

for (const [name, [op, shapes]] of Object.entries(ops)) {
  for (const kernels of ['on', 'off'] as const) {
    test(
      `${name}: gradient by finite differences, no leak (kernels ${kernels})`,
      { skip: kernels === 'on' && !hasKernels() && 'the kernels are not built: npm run setup' },
      () => {
        process.env['OFA_KERNELS'] = kernels;
        const inputs = shapes.map((shape, i) => normal(shape, `${name}${i}`));
        // A small step stays on one side of the kinks of ReLU and max.
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

  test(
    `${name}: kernels and composed ops agree`,
    { skip: !hasKernels() && 'the kernels are not built: npm run setup' },
    () => {
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
    },
  );
}

for (const kernels of ['on', 'off'] as const) {
  test(`batch norm updates its running averages as PyTorch does (kernels ${kernels})`, () => {
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

test('GELU returns the known values', () => {
  const y = gelu(tf.tensor1d([-3, -1, 0, 1, 3]));
  expectClose(y, [-0.00404969, -0.15865525, 0, 0.84134475, 2.99595031], { absolute: 1e-6 });
  y.dispose();
});
