import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MixerBlock } from '../../../lib/models/networks/mlpMixer';
import { parameters, setPrecision } from '../../../lib/models/parameter';
import { TransformerBlock } from '../../../lib/models/networks/visionTransformer';
import { attention } from '../../../lib/tensor/ops/attention/attention';
import { conv2d, type ConvolutionOptions } from '../../../lib/tensor/ops/convolution/convolution';
import { depthwiseConv2d } from '../../../lib/tensor/ops/depthwise/depthwise';
import { linear } from '../../../lib/tensor/ops/linear/linear';
import { execute, type Attribute, type Precision } from '../../../lib/tensor/engine/execute';
import { hasKernels, isNative } from '../../../lib/tensor/engine/native';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { expectClose, largest } from '../../support/close';
import { expectNoLeak } from '../../support/leaks';

type Op = (inputs: readonly tf.Tensor[], precision: Precision) => tf.Tensor;

/** Every implementation of a product, and the shapes of its inputs. */
const ops: Readonly<Record<string, readonly [op: Op, shapes: readonly (readonly number[])[]]>> = {
  linear: [
    ([x, weight], precision) => linear(x!, weight as tf.Tensor2D, { precision }),
    [
      [3, 5, 24],
      [24, 16],
    ],
  ],
  'linear with bias and residual, many rows and columns': [
    ([x, weight, bias, residual], precision) =>
      linear(x!, weight as tf.Tensor2D, { bias: bias as tf.Tensor1D, residual, precision }),
    [[5, 41, 136], [136, 152], [152], [5, 41, 152]],
  ],
  'linear with odd widths': [
    ([x, weight, bias], precision) => linear(x!, weight as tf.Tensor2D, { bias: bias as tf.Tensor1D, precision }),
    [[7, 13], [13, 10], [10]],
  ],
  'attention with a bias': [
    ([qkv, bias], precision) => attention(qkv as tf.Tensor3D, 2, { bias: bias as tf.Tensor4D, precision }),
    [
      [4, 17, 48],
      [2, 2, 17, 17],
    ],
  ],
  'convolution by kernel': convolution([3, 9, 7, 16], [3, 3, 16, 48], { stride: 1, padding: 1 }),
  'convolution by kernel, without padding': convolution([2, 8, 8, 16], [3, 3, 16, 16], { stride: 1, padding: 0 }),
  'convolution by kernel, with stride 2 and an odd size': convolution([2, 9, 11, 48], [3, 3, 48, 80], {
    stride: 2,
    padding: 1,
  }),
  'convolution by kernel, pointwise with stride 2': convolution([2, 7, 6, 32], [1, 1, 32, 64], {
    stride: 2,
    padding: 0,
  }),
  'convolution by kernel, larger than a band': convolution([2, 40, 40, 64], [3, 3, 64, 16], {
    stride: 1,
    padding: 1,
  }),
  'convolution by kernel, of long rows with stride 2': convolution([2, 5, 67, 16], [3, 3, 16, 48], {
    stride: 2,
    padding: 1,
  }),
  'convolution by kernel, of long odd rows without padding': convolution([3, 4, 35, 16], [3, 3, 16, 32], {
    stride: 1,
    padding: 0,
  }),
  'convolution by kernel, with many short rows and channels': convolution([5, 13, 11, 80], [3, 3, 80, 48], {
    stride: 1,
    padding: 1,
  }),
  'convolution by kernel, of separate patches': convolution([2, 8, 8, 16], [2, 2, 16, 32], { stride: 2, padding: 0 }),
  convolution: convolution([2, 8, 8, 8], [3, 3, 8, 16], { stride: 1, padding: 1 }),
  'convolution with stride 2': convolution([2, 8, 8, 8], [3, 3, 8, 16], { stride: 2, padding: 1 }),
  'convolution with stride 2, an odd size and many channels': convolution([2, 9, 9, 72], [3, 3, 72, 72], {
    stride: 2,
    padding: 1,
  }),
  'convolution with many channels and an odd count of positions': convolution([3, 7, 5, 80], [3, 3, 80, 64], {
    stride: 1,
    padding: 1,
  }),
  'pointwise convolution with stride 2': convolution([3, 7, 5, 64], [1, 1, 64, 96], { stride: 2, padding: 0 }),
  'convolution of images': convolution([2, 12, 12, 3], [7, 7, 3, 8], { stride: 2, padding: 3 }),
  'convolution of separate patches': convolution([2, 8, 8, 3], [4, 4, 3, 16], { stride: 4, padding: 0 }),
  'convolution with less padding than same': convolution([2, 8, 8, 4], [5, 5, 4, 8], { stride: 1, padding: 1 }),
  attention: [([qkv], precision) => attention(qkv as tf.Tensor3D, 2, { precision }), [[3, 17, 48]]],
  'transformer block': block(new TransformerBlock(32, 2, 1e-6, new Random(1)), [3, 17, 32]),
  'Mixer block': block(new MixerBlock(8, 16, new Random(2)), [3, 8, 16]),
};

function convolution(
  x: readonly number[],
  filter: readonly number[],
  options: ConvolutionOptions,
): readonly [Op, readonly (readonly number[])[]] {
  return [
    ([input, weight], precision) => conv2d(input as tf.Tensor4D, weight as tf.Tensor4D, { ...options, precision }),
    [x, filter],
  ];
}

function block(
  module: TransformerBlock | MixerBlock,
  shape: readonly number[],
): readonly [Op, readonly (readonly number[])[]] {
  for (const [, { variable }] of parameters(module))
    tf.tidy(() => {
      variable.assign(tf.add(variable, tf.randomNormal(variable.shape, 0, 0.2, 'float32', 9)));
    });
  return [
    ([x], precision) => {
      setPrecision(module, precision);
      return module.apply(x as tf.Tensor3D);
    },
    [shape],
  ];
}

const skip = !isNative() && 'TensorFlow is not installed: npm run setup';

for (const [name, [op, shapes]] of Object.entries(ops)) {
  const inputs = (): tf.Tensor[] => shapes.map((shape, i) => tf.randomNormal([...shape], 0, 1, 'float32', 20 + i));
  const gradients = (given: tf.Tensor[], precision: Precision): tf.Tensor[] => {
    const y = op(given, precision);
    const dy = tf.randomNormal(y.shape, 0, 1, 'float32', 30);
    y.dispose();
    const grads = tf.grads((...xs: tf.Tensor[]) => op(xs, precision))(given, dy);
    dy.dispose();
    return grads;
  };

  test(`${name} in bfloat16 agrees with float32 to eight bits, forward and backward`, { skip }, () => {
    const given = inputs();
    const [exact, rounded] = (['float32', 'bfloat16'] as const).map((precision) => [
      tf.tidy(() => op(given, precision)),
      ...gradients(given, precision),
    ]) as [tf.Tensor[], tf.Tensor[]];
    exact.forEach((tensor, i) =>
      expectClose(
        rounded[i]!,
        tensor,
        { relative: 0, absolute: 0.02 * largest(tensor) },
        i === 0 ? 'y' : `gradient ${i}`,
      ),
    );
    assert.ok(
      !exact[0]!.dataSync().every((value, i) => value === rounded[0]!.dataSync()[i]),
      'the results are the same as in float32, so that nothing was rounded',
    );
    tf.dispose([given, exact, rounded]);
  });

  test(`${name} in bfloat16 leaks no tensor and no array of TensorFlow`, { skip }, () => {
    const given = inputs();
    // A tensor created in JavaScript is copied to TensorFlow at its first use.
    tf.dispose(op(given, 'bfloat16'));
    const count = countArrays(() => {
      expectNoLeak(() => tf.tidy(() => op(given, 'bfloat16')));
      expectNoLeak(() => gradients(given, 'bfloat16'));
    });
    assert.equal(count, 0);
    tf.dispose(given);
  });

  test(`${name} in bfloat16 keeps NaN`, { skip }, () => {
    // A NaN with all bits of the mantissa set; rounding it up would carry into the sign.
    const odd = new Float32Array(new Uint32Array([0x7fffffff]).buffer)[0]!;
    const given = inputs();
    const values = Float32Array.from(given[0]!.dataSync(), (value, i) => (i === 0 ? odd : value));
    const y = tf.tidy(() => op([tf.tensor(values, given[0]!.shape), ...given.slice(1)], 'bfloat16'));
    assert.ok(y.dataSync().some(Number.isNaN));
    tf.dispose([given, y]);
  });
}

test(
  'factors that bfloat16 represents exactly are multiplied without error',
  { skip: !hasKernels() && 'the kernels are not built: npm run setup' },
  () => {
    const whole = (shape: number[], seed: number): tf.Tensor =>
      tf.tidy(() => tf.floor(tf.randomUniform(shape, -4, 5, 'float32', seed)));
    const [x, weight] = [whole([7, 16], 1), whole([16, 8], 2)] as [tf.Tensor2D, tf.Tensor2D];
    const [exact, rounded] = (['float32', 'bfloat16'] as const).map((precision) =>
      linear(x, weight, { precision }),
    ) as [tf.Tensor2D, tf.Tensor2D];
    assert.deepEqual([...rounded.dataSync()], [...exact.dataSync()]);
    tf.dispose([x, weight, exact, rounded]);
  },
);

test(
  'an image smaller than the filter is an error',
  { skip: !hasKernels() && 'the kernels are not built: npm run setup' },
  () => {
    const [image, filter, each] = [
      tf.ones<tf.Rank.R4>([1, 2, 8, 16]),
      tf.ones<tf.Rank.R4>([3, 3, 16, 16]),
      tf.ones<tf.Rank.R4>([3, 3, 16, 1]),
    ];
    for (const stride of [1, 2]) {
      for (const precision of ['float32', 'bfloat16'] as const)
        assert.throws(() => conv2d(image, filter, { stride, padding: 0, precision }), /smaller than the filter/);
      assert.throws(() => depthwiseConv2d(image, each, { stride, padding: 0 }), /smaller than the filter/);
    }
    tf.dispose([image, filter, each]);
  },
);

test(
  'the kernels by image and by tap compute the same gradient of a filter, for any window',
  { skip: !hasKernels() && 'the kernels are not built: npm run setup' },
  () => {
    const random = new Random(3);
    for (let round = 0; round < 60; round++) {
      const size = 1 + random.integer(5),
        stride = 1 + random.integer(3),
        padding = random.integer(size);
      const [height, width] = [0, 1].map(() => size + random.integer(random.integer(2) === 0 ? 6 : 40)) as [
        number,
        number,
      ];
      const [batch, channelsIn, channels] = [
        1 + random.integer(9),
        8 * (1 + random.integer(10)),
        8 * (1 + random.integer(10)),
      ];
      const [down, across] = [height, width].map((side) => Math.floor((side + 2 * padding - size) / stride) + 1) as [
        number,
        number,
      ];
      const given = [
        tf.randomNormal([batch, height, width, channelsIn], 0, 1, 'float32', round),
        tf.randomNormal([batch, down, across, channels], 0, 1, 'float32', 100 + round),
      ];
      const window: readonly Attribute[] = [
        ['size', 'int', size],
        ['stride', 'int', stride],
        ['padding', 'int', padding],
      ];
      const [byImage, byTap] = ['ByImage', 'ByTap'].map(
        (kernel) => execute(`OfaConvolutionFilterGrad${kernel}`, given, window)[0]!,
      ) as [tf.Tensor, tf.Tensor];
      expectClose(
        byImage,
        byTap,
        { relative: 0, absolute: 3e-6 * largest(byTap) },
        `[${batch}, ${height}, ${width}, ${channelsIn}] by a filter of ${size} ` +
          `with stride ${stride} and padding ${padding} to ${channels}`,
      );
      tf.dispose([given, byImage, byTap]);
    }
  },
);

test('sums are kept in float32: 4096 ones', { skip }, () => {
  // In bfloat16 a sum of ones would stop at 256.
  const x = tf.ones<tf.Rank.R2>([1, 4096]);
  const weight = tf.ones<tf.Rank.R2>([4096, 8]);
  const y = linear(x, weight, { precision: 'bfloat16' });
  assert.equal(y.dataSync()[0], 4096);
  tf.dispose([x, weight, y]);
});

/** The change in the count of TensorFlow's arrays during a call. */
function countArrays(call: () => void): number {
  const backend = tf.backend();
  const binding: unknown = Reflect.get(backend, 'binding');
  assert.ok(typeof binding === 'object' && binding !== null);
  let alive = 0;
  const counted = (
    method: string,
    count: (args: readonly unknown[], result: unknown) => number,
  ): PropertyDescriptor => ({
    value: (...args: unknown[]): unknown => {
      const original: unknown = Reflect.get(binding, method);
      assert.ok(typeof original === 'function');
      const result: unknown = Reflect.apply(original, binding, args);
      alive += count(args, result);
      return result;
    },
  });
  Reflect.set(
    backend,
    'binding',
    Object.create(binding, {
      executeOp: counted('executeOp', (_, result) => (Array.isArray(result) ? result.length : 0)),
      createTensor: counted('createTensor', () => 1),
      deleteTensor: counted('deleteTensor', () => -1),
    }),
  );
  try {
    call();
  } finally {
    Reflect.set(backend, 'binding', binding);
  }
  return alive;
}
