import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Parameter, type NamedParameter } from '../../../lib/models/parameter';
import { hasKernels } from '../../../lib/tensor/engine/native';
import { Random } from '../../../lib/tensor/random';
import * as tf from '../../../lib/tensor/engine/tf';
import { globalNorm } from '../../../lib/tensor/ops/optimizers/globalNorm';
import { Optimizer, optimizerSpec, type OptimizerSpec } from '../../../lib/training/step/optimizer';
import { expectClose, toArray } from '../../support/close';

/** With our own kernels or, for machines without them, with TensorFlow's ops. */
const ways = ['fused', 'composed'] as const;

for (const way of ways) {
  describe(way, { skip: way === 'fused' && !hasKernels() && 'the kernels are not built: npm run setup' }, () => {
    test('SGD by hand: weight decay in the gradient, momentum, and Nesterov momentum', () =>
      using(way, () => {
        // d = g + 0.1 w; v ← 0.9 v + d; w ← w − 0.1 (d + 0.9 v), from w = 1 with g = 0.5 twice.
        expectClose(path({ name: 'sgd', momentum: 0.9, nesterov: true }, [0.5, 0.5]), [0.886, 0.725566]);
        expectClose(path({ name: 'sgd', momentum: 0.9, nesterov: false }, [0.5, 0.5]), [0.94, 0.8266]);
        expectClose(path({ name: 'sgd', momentum: 0, nesterov: false }, [0.5, 0.5]), [0.94, 0.8806]);
      }));

    test('AdamW by hand: weight decay apart from the moments', () =>
      using(way, () => {
        expectClose(path(optimizerSpec.parse({ name: 'adamw' }), [0.5, -1, 0.25]), [0.89, 0.9177103542, 0.9222023168], {
          relative: 1e-6,
        });
      }));

    test('counts a missing gradient as zero, and scales all gradients', () =>
      using(way, () => {
        expectClose(path({ name: 'sgd', momentum: 0.9, nesterov: true }, [undefined]), [1 - 0.1 * 0.1 * 1.9]);
        expectClose(path({ name: 'sgd', momentum: 0.9, nesterov: true }, [2, 2], 0.25), [0.886, 0.725566]);
      }));

    test('applies weight decay to 1-D parameters only with everything', () =>
      using(way, () => {
        const after = (everything: boolean): number[] => {
          const named: NamedParameter[] = [
            ['weight', new Parameter(tf.ones([2, 2]), 'linear')],
            ['bias', new Parameter(tf.ones([2]), 'plain')],
          ];
          const optimizer = new Optimizer({ name: 'sgd', momentum: 0, nesterov: false }, named, 0.5, { everything });
          optimizer.update({}, 0.1, 1);
          const values = named.flatMap(([, { value }]) => [...toArray(value)]);
          optimizer.dispose();
          for (const [, { variable }] of named) variable.dispose();
          return values;
        };
        expectClose(after(false), [0.95, 0.95, 0.95, 0.95, 1, 1]);
        expectClose(after(true), [0.95, 0.95, 0.95, 0.95, 0.95, 0.95]);
      }));

    test('the global norm is that of all gradients as one vector', () =>
      using(way, () => {
        const gradients = [
          tf.tensor2d([
            [3, 0],
            [0, 4],
          ]),
          tf.tensor1d([12]),
          tf.scalar(84),
        ];
        const norm = globalNorm(gradients);
        expectClose(norm, 85);
        tf.dispose([gradients, norm]);
      }));
  });
}

for (const spec of [
  { name: 'sgd', nesterov: true },
  { name: 'sgd', nesterov: false, momentum: 0.5 },
  { name: 'adamw' },
] as const) {
  test(
    `fused and composed agree over ten steps: ${JSON.stringify(spec)}`,
    { skip: !hasKernels() && 'the kernels are not built: npm run setup' },
    () => {
      const [fused, composed] = ways.map((way) => using(way, () => trajectory(optimizerSpec.parse(spec))));
      expectClose(fused!, composed!, { relative: 1e-5, absolute: 1e-7 });
    },
  );
}

for (const way of ways) {
  test(
    `${way}: parameters of one shape that are updated together have the bits of separate updates`,
    { skip: way === 'fused' && !hasKernels() && 'the kernels are not built: npm run setup' },
    () =>
      using(way, () => {
        const shapes = { a: [2, 3], b: [3], c: [2, 3], d: [6], e: [3], f: [2, 3] };
        const draw = (name: string, step: number): tf.Tensor =>
          tf.randomNormal(shapes[name as keyof typeof shapes], 0, 1, 'float32', name.charCodeAt(0) + 100 * step);
        const moved = (names: readonly string[]): Float32Array[] => {
          const named: NamedParameter[] = names.map((name) => [name, new Parameter(draw(name, 0), 'plain')]);
          const optimizer = new Optimizer(optimizerSpec.parse({ name: 'adamw' }), named, 0.05);
          for (const step of [1, 2, 3])
            tf.tidy(() =>
              optimizer.update(Object.fromEntries(names.map((name) => [name, draw(name, step)])), 0.02, step, 0.7),
            );
          const values = named.map(([, { value }]) => Float32Array.from(toArray(value)));
          optimizer.dispose();
          for (const [, { variable }] of named) variable.dispose();
          return values;
        };
        const names = Object.keys(shapes);
        assert.deepEqual(
          moved(names),
          names.flatMap((name) => moved([name])),
        );
      }),
  );
}

test('LAMB by hand, as timm: clips to norm 1, scales decayed weights by their norm, and others as Adam', () => {
  const [rate, decay, beta1, beta2, epsilon] = [0.1, 0.2, 0.9, 0.999, 1e-6];
  const slopes = [
    [3, -4, 12],
    [0.1, 0.2, -0.3],
  ];
  const state = { value: [1, 2, -0.5], mean: new Float64Array(3), square: new Float64Array(3) };
  const norm = (x: readonly number[]): number => Math.hypot(...x);
  slopes.forEach((slope, i) => {
    const clip = Math.max(norm(slope), 1);
    const step = i + 1;
    const direction = slope.map((g, k) => {
      const mean = (state.mean[k] = beta1 * state.mean[k]! + (1 - beta1) * (g / clip));
      const square = (state.square[k] = beta2 * state.square[k]! + (1 - beta2) * (g / clip) ** 2);
      return mean / (1 - beta1 ** step) / (Math.sqrt(square) / Math.sqrt(1 - beta2 ** step) + epsilon);
    });
    // The first two are a matrix, the third a bias.
    const decayed = direction.slice(0, 2).map((d, k) => d + decay * state.value[k]!);
    const ratio = norm(state.value.slice(0, 2)) / norm(decayed);
    state.value = [
      state.value[0]! - rate * ratio * decayed[0]!,
      state.value[1]! - rate * ratio * decayed[1]!,
      state.value[2]! - rate * direction[2]!,
    ];
  });
  const named: NamedParameter[] = [
    ['weight', new Parameter(tf.tensor2d([[1, 2]]), 'linear')],
    ['bias', new Parameter(tf.tensor1d([-0.5]), 'plain')],
  ];
  const optimizer = new Optimizer(optimizerSpec.parse({ name: 'lamb' }), named, decay);
  slopes.forEach(([a, b, c], i) => {
    const gradients = { weight: tf.tensor2d([[a!, b!]]), bias: tf.tensor1d([c!]) };
    const before = tf.memory().numTensors;
    optimizer.update(gradients, rate, i + 1);
    assert.equal(tf.memory().numTensors, before);
    tf.dispose(gradients);
  });
  expectClose(
    named.flatMap(([, { value }]) => [...toArray(value)]),
    state.value,
    { relative: 1e-5 },
  );
  optimizer.dispose();
  for (const [, { variable }] of named) variable.dispose();
});

test('LAMB does not scale the step of weights that are all zero', () => {
  const parameter = new Parameter(tf.zeros<tf.Rank.R2>([1, 1]), 'linear');
  const optimizer = new Optimizer(optimizerSpec.parse({ name: 'lamb' }), [['w', parameter]], 0.1);
  tf.tidy(() => optimizer.update({ w: tf.ones([1, 1]) }, 0.1, 1));
  expectClose(parameter.value, tf.fill([1, 1], -0.1), { relative: 1e-4 });
  optimizer.dispose();
  parameter.variable.dispose();
});

test('restores its state by path in another optimiser', () => {
  const spec = optimizerSpec.parse({ name: 'adamw' });
  const named = (): NamedParameter[] => [
    ['a', new Parameter(tf.ones([2, 2]), 'linear')],
    ['b', new Parameter(tf.ones([3]), 'plain')],
  ];
  const gradients = { a: tf.fill([2, 2], 0.3), b: tf.fill([3], -0.7) };
  const [first, second] = [named(), named().reverse()];
  const [one, other] = [new Optimizer(spec, first, 0.1), new Optimizer(spec, second, 0.1)];
  one.update(gradients, 0.1, 1);
  for (const [name, tensor] of one.state()) other.restore(name, tensor.clone());
  for (const [name, { variable }] of second) variable.assign(first.find(([path]) => path === name)![1].value);
  one.update(gradients, 0.1, 2);
  other.update(gradients, 0.1, 2);
  for (const [name, { value }] of second)
    assert.deepEqual(toArray(value), toArray(first.find(([path]) => path === name)![1].value));
  assert.throws(() => other.restore('0.c', tf.scalar(0)), /no state named 0\.c/);
  for (const optimizer of [one, other]) optimizer.dispose();
});

/** Runs `work` with the kernels on or off. */
function using<T>(way: (typeof ways)[number], work: () => T): T {
  const before = process.env['OFA_KERNELS'];
  if (way === 'composed') process.env['OFA_KERNELS'] = 'off';
  try {
    assert.equal(hasKernels(), way === 'fused');
    return work();
  } finally {
    if (before === undefined) delete process.env['OFA_KERNELS'];
    else process.env['OFA_KERNELS'] = before;
  }
}

/** The weight after each of these gradients, from 1, with learning rate 0.1 and weight decay 0.1. */
function path(spec: OptimizerSpec, slopes: readonly (number | undefined)[], scale = 1): number[] {
  const parameter = new Parameter(tf.ones<tf.Rank.R2>([1, 1]), 'linear');
  const optimizer = new Optimizer(spec, [['w', parameter]], 0.1);
  const before = tf.memory().numTensors;
  const values = slopes.map((slope, i) => {
    const gradients: Record<string, tf.Tensor> = slope === undefined ? {} : { w: tf.fill([1, 1], slope) };
    optimizer.update(gradients, 0.1, i + 1, scale);
    tf.dispose(gradients);
    assert.equal(tf.memory().numTensors, before);
    return toArray(parameter.value)[0]!;
  });
  optimizer.dispose();
  parameter.variable.dispose();
  return values;
}

function trajectory(spec: OptimizerSpec): number[] {
  const random = new Random(4);
  const draw = (shape: number[]): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
      shape,
    );
  const named: NamedParameter[] = [
    ['a', new Parameter(draw([3, 4]), 'linear')],
    ['b', new Parameter(draw([5]), 'plain')],
    ['c', new Parameter(draw([3, 3, 2, 2]), 'conv')],
  ];
  const optimizer = new Optimizer(spec, named, 0.05);
  for (let step = 1; step <= 10; step++) {
    const gradients = Object.fromEntries(named.map(([name, { value }]) => [name, draw(value.shape)]));
    optimizer.update(gradients, 0.02, step, 0.7);
    tf.dispose(gradients);
  }
  const values = named.flatMap(([, { value }]) => [...toArray(value)]);
  optimizer.dispose();
  for (const [, { variable }] of named) variable.dispose();
  return values;
}
