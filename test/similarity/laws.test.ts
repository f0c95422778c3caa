import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../lib/errors';
import { calibrate, calibratedGrid, permutations } from '../../lib/similarity/calibration';
import { cknna } from '../../lib/similarity/cknna';
import { exampleGram, type ExampleGram } from '../../lib/similarity/exampleGram';
import { biasedCka, unbiasedCka } from '../../lib/similarity/linearCka';
import { compare, prepare, type Measure } from '../../lib/similarity/measure';
import { MinibatchCka } from '../../lib/similarity/minibatchCka';
import { mutualKnn } from '../../lib/similarity/mutualKnn';
import { procrustes } from '../../lib/similarity/procrustes';
import { rbfCka } from '../../lib/similarity/rbfCka';
import { rsa } from '../../lib/similarity/rsa';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose } from '../support/close';
import { expectNoLeak } from '../support/leaks';
import { features } from './features';

const n = 24;
const [x, y] = [features('x', n, 6), features('y', n, 20)];
const rotation = tf.linalg.qr(features('rotation', 6, 6))[0];

/** Independent normal features. */
function noise(seed: number, examples: number, width: number): tf.Tensor2D {
  const random = new Random(seed).fork('noise');
  return tf.tensor2d(
    Float32Array.from({ length: examples * width }, () => random.normal()),
    [examples, width],
  );
}

const gram = (feature: tf.Tensor): ExampleGram => exampleGram(feature);

interface Law {
  readonly similarity: (a: tf.Tensor, b: tf.Tensor) => number | null;
  readonly self: number;
  readonly translation: boolean;
  readonly rotation: boolean;
  readonly constantIsUndefined: boolean;
  /** Checks that permuting what was prepared equals preparing permuted features. */
  readonly commutes: () => void;
  readonly minExamples: number;
}

function law<T>(measure: Measure<T>, given: Partial<Law> = {}): Law {
  return {
    similarity: (a, b) => compare(measure, gram(a), gram(b)),
    self: 1,
    translation: true,
    rotation: true,
    constantIsUndefined: true,
    minExamples: measure.minExamples,
    commutes: () => {
      const [order] = permutations(1, n, new Random(3));
      const a = prepare(measure, gram(x))!;
      const later = measure.permuted(prepare(measure, gram(y))!, order!);
      const before = prepare(measure, gram(tf.gather(y, tf.tensor1d(Array.from(order!), 'int32'))))!;
      expectClose(measure.similarity(a, later), measure.similarity(a, before), { relative: 1e-9 });
    },
    ...given,
  };
}

const laws: Readonly<Record<string, Law>> = {
  'biased CKA': law(biasedCka),
  'unbiased CKA': law(unbiasedCka),
  'RBF CKA': law(rbfCka(0.7)),
  'mutual kNN': law(mutualKnn(5), { translation: false, constantIsUndefined: false }),
  CKNNA: law(cknna(5), { translation: false, constantIsUndefined: false }),
  RSA: law(rsa, { rotation: false }),
  Procrustes: law(procrustes),
};

for (const [name, { similarity, self, commutes, minExamples, ...holds }] of Object.entries(laws)) {
  test(`${name} of a layer with itself is 1`, () => {
    // CKNNA's published formula adds 1e-6 to its denominator.
    expectClose(similarity(x, x)!, self, { relative: 1e-4 });
  });

  test(`${name} does not depend on the order of layers or examples`, () => {
    const order = tf.tensor1d(Array.from(permutations(1, n, new Random(1))[0]!), 'int32');
    if (name !== 'CKNNA') expectClose(similarity(x, y)!, similarity(y, x)!);
    expectClose(similarity(tf.gather(x, order), tf.gather(y, order))!, similarity(x, y)!);
  });

  test(`${name} is invariant to scaling, and as declared to rotation and translation`, () => {
    const expected = similarity(x, y)!;
    for (const scale of [-3, 1e-15, 1e15]) {
      if (scale < 0 && name === 'RSA') continue;
      expectClose(similarity(tf.mul(x, scale), y)!, expected, { relative: 1e-4 });
    }
    if (holds.rotation) expectClose(similarity(tf.matMul(x, rotation), y)!, expected, { relative: 1e-4 });
    if (holds.translation) expectClose(similarity(tf.add(x, 5), y)!, expected, { relative: 1e-4 });
  });

  test(`${name}: permuting a prepared layer equals preparing permuted features`, commutes);

  test(`${name} of constant features is null, or needs no centring`, () => {
    if (holds.constantIsUndefined) assert.equal(similarity(tf.fill([n, 3], 7), y), null);
    assert.equal(similarity(tf.zeros([n, 3]), y), null);
  });

  test(`${name} rejects too few examples, different numbers of examples, NaN and infinity`, () => {
    if (minExamples > 2) {
      const few = features('few', minExamples - 1, 4);
      assert.throws(
        () => similarity(few, few),
        (error: unknown) => error instanceof UserError && /at least|need more than/.test(error.message),
      );
    }
    assert.throws(() => similarity(x, features('z', n - 1, 4)), /24 and 23/);
    for (const bad of [NaN, Infinity]) {
      const broken = tf.concat([x, tf.fill([n, 1], bad)], 1);
      assert.throws(() => similarity(broken, y), UserError);
    }
  });
}

test('the unbiased CKA of one batch is its minibatch CKA', () => {
  const minibatch = new MinibatchCka(['x'], ['y']);
  minibatch.add({ x }, { y });
  expectClose(laws['unbiased CKA']!.similarity(x, y)!, minibatch.result().values[0]![0]!, { relative: 1e-5 });
});

test('a wide RBF kernel approaches linear CKA', () => {
  expectClose(compare(rbfCka(1000), gram(x), gram(y))!, compare(biasedCka, gram(x), gram(y))!, { relative: 1e-4 });
});

test('mutual kNN rejects k of 0, of a fraction, and of as many as there are examples', () => {
  for (const k of [0, 1.5, n]) assert.throws(() => compare(mutualKnn(k), gram(x), gram(y)), UserError);
  expectClose(compare(mutualKnn(n - 1), gram(x), gram(y))!, 1);
});

test('RBF CKA rejects a width that is not positive', () => {
  for (const width of [0, -1, NaN, Infinity]) assert.throws(() => rbfCka(width), UserError);
});

test('similar layers pass their threshold, and about alpha of unrelated ones do', async () => {
  const prepared = (feature: tf.Tensor) => prepare(biasedCka, gram(feature));
  const orders = permutations(99, n, new Random(5));
  const near = tf.add(x, tf.mul(features('noise', n, 6), 0.1));
  const alike = await calibrate(biasedCka, [prepared(x)], [prepared(near)], { permutations: orders });
  assert.equal(alike.values[0]![0]!.p, 0.01);
  assert.ok(alike.values[0]![0]!.score > 0.8);

  const unrelated = Array.from({ length: 40 }, (_, i) => prepared(noise(i, n, 50)));
  const { values } = await calibrate(biasedCka, [prepared(x)], unrelated, { permutations: orders });
  const passed = values[0]!.filter((cell) => cell!.p <= 0.05).length;
  assert.ok(passed <= 6, `${passed} of 40 unrelated layers pass at alpha 0.05`);
  // Wide layers have a high raw CKA without any relation: what calibration is for.
  assert.ok(values[0]!.every((cell) => cell!.observed > 0.15));
});

test('undefined layers stay null through calibration and count neither in the maximum nor in the mean', async () => {
  const layer = prepare(biasedCka, gram(x));
  const orders = permutations(19, n, new Random(0));
  const { values, max, mean } = await calibrate(biasedCka, [layer], [undefined, layer], { permutations: orders });
  assert.equal(values[0]![0], null);
  expectClose(max!.observed, 1);
  expectClose(mean!.observed, 1);
  const none = await calibrate(biasedCka, [undefined], [layer], { permutations: orders });
  assert.equal(none.max, null);
});

test('calibration rejects too few permutations for alpha, and alpha outside (0, 1)', () => {
  assert.throws(
    () =>
      calibratedGrid(
        [[0.5]],
        Array.from({ length: 18 }, () => [[0]]),
      ),
    /at least 19/,
  );
  for (const alpha of [0, 1, NaN]) assert.throws(() => calibratedGrid([[0.5]], [[[0]]], alpha), UserError);
});

test('calibration stops between permutations when its signal fires', async () => {
  const layer = prepare(biasedCka, gram(x));
  const stop = new AbortController();
  const options = {
    permutations: permutations(99, n, new Random(0)),
    signal: stop.signal,
    onPermutation: () => stop.abort(),
  };
  await assert.rejects(calibrate(biasedCka, [layer], [layer], options), { name: 'AbortError' });
});

test('permuting many orders at once gives the similarities of permuted layers', () => {
  const orders = permutations(3, n, new Random(9));
  for (const measure of [biasedCka, unbiasedCka, rsa, rbfCka(1)]) {
    const [a, b] = [x, y].map((feature) => prepare(measure, gram(feature))!);
    const all = measure.permutedSimilarities!([a!, b!], [b!], orders);
    orders.forEach((order, k) => {
      const expected = measure.similarity(a!, measure.permuted(b!, order));
      expectClose(all[k]![0]![0]!, expected, { absolute: 1e-6 });
    });
  }
});

test('permuting many orders at once leaks no tensors', () => {
  const layer = prepare(biasedCka, gram(x))!;
  expectNoLeak(() => {
    biasedCka.permutedSimilarities!([layer], [layer], permutations(3, n, new Random(9)));
    return [];
  });
});
