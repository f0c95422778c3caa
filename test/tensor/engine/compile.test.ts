import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Compiled } from '../../../lib/tensor/engine/compile';
import { isNative } from '../../../lib/tensor/engine/native';
import * as tf from '../../../lib/tensor/engine/tf';

const needsEngine = { skip: isNative() ? false : 'needs the native engine' };

/** Runs a compiled function on 1, 2, 3 … and returns its first output of each call. */
function runs<C>(
  compiled: Compiled<{ readonly x: tf.Tensor }, C>,
  count: number,
  context: (call: number) => C,
): number[][] {
  return Array.from({ length: count }, (_, call) => {
    const x = tf.fill([2], call + 1);
    const outputs = compiled.run({ x }, context(call));
    const values = Array.from(outputs[0]!.dataSync());
    tf.dispose([x, outputs]);
    return values;
  });
}

test('returns for new inputs what the function returns', needsEngine, () => {
  let calls = 0;
  const compiled = new Compiled(({ x }: { readonly x: tf.Tensor }) => {
    calls++;
    return [tf.tidy(() => tf.add(tf.mul(x, x), 0.5))];
  });
  const before = tf.memory().numTensors;
  assert.deepEqual(
    runs(compiled, 6, () => undefined),
    [1, 2, 3, 4, 5, 6].map((n) => [n * n + 0.5, n * n + 0.5]),
  );
  assert.equal(tf.memory().numTensors, before);
  assert.equal(calls, 3);
  compiled.dispose();
});

test('assigns variables, and reads what other code assigns to them', needsEngine, () => {
  const sum = tf.variable(tf.zeros([2]));
  const compiled = new Compiled(
    ({ x }: { readonly x: tf.Tensor }) =>
      tf.tidy(() => {
        sum.assign(tf.add(sum, x));
        return [tf.mul(sum, 2)];
      }),
    { variables: [sum] },
  );
  assert.deepEqual(
    runs(compiled, 5, () => undefined).map(([first]) => first),
    [2, 6, 12, 20, 30],
  );
  tf.tidy(() => sum.assign(tf.fill([2], 100)));
  assert.deepEqual(
    runs(compiled, 1, () => undefined),
    [[202, 202]],
  );
  compiled.dispose();
  sum.dispose();
});

test('repeats draws with the context of each call', needsEngine, () => {
  const compiled = new Compiled<{ readonly x: tf.Tensor }, number>(({ x }, draw) =>
    tf.tidy(() => [
      tf.add(
        x,
        draw((context) => tf.tensor1d([context, 2 * context])),
      ),
    ]),
  );
  assert.deepEqual(
    runs(compiled, 5, (call) => 10 * call),
    [1, 2, 3, 4, 5].map((n) => [n + 10 * (n - 1), n + 20 * (n - 1)]),
  );
  compiled.dispose();
});

test('compiles inputs of another shape by themselves', needsEngine, () => {
  const compiled = new Compiled(({ x }: { readonly x: tf.Tensor }) => [tf.tidy(() => tf.sum(tf.mul(x, x.size)))]);
  for (let call = 0; call < 4; call++) {
    for (const size of [2, 3]) {
      tf.tidy(() =>
        assert.deepEqual([...compiled.run({ x: tf.ones([size]) }, undefined)[0]!.dataSync()], [size * size]),
      );
    }
  }
  compiled.dispose();
});

test('computes gradients within the function', needsEngine, () => {
  const w = tf.variable(tf.tensor1d([1, 2]));
  const compiled = new Compiled(({ x }: { readonly x: tf.Tensor }) =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => tf.sum<tf.Scalar>(tf.mul(tf.square(w), x)), [w]);
      value.dispose();
      return [grads[w.name]!];
    }),
  );
  assert.deepEqual(
    runs(compiled, 4, () => undefined),
    [1, 2, 3, 4].map((n) => [2 * n, 4 * n]),
  );
  compiled.dispose();
  w.dispose();
});

test('rejects numbers that change from call to call, instead of keeping those of the first', needsEngine, () => {
  let rate = 0;
  const compiled = new Compiled(({ x }: { readonly x: tf.Tensor }) => [tf.tidy(() => tf.mul(x, ++rate))]);
  assert.throws(
    () => runs(compiled, 5, () => undefined),
    /cannot be compiled, because it differs from call to call: input 2 of op 1 \(Mul\) differs: it is a number/,
  );
});

test('rejects ops that change from call to call', needsEngine, () => {
  let calls = 0;
  const compiled = new Compiled(({ x }: { readonly x: tf.Tensor }) => [calls++ % 2 ? tf.square(x) : tf.neg(x)]);
  assert.throws(() => runs(compiled, 5, () => undefined), /op 1 is Neg and then Square|op 1 is Square and then Neg/);
});

test('rejects a tensor from outside that another one replaces', needsEngine, () => {
  let outside: tf.Tensor = tf.ones([2]);
  outside.dataSync();
  const compiled = new Compiled(({ x }: { readonly x: tf.Tensor }) => {
    outside = tf.tidy(() => tf.add(outside, 0));
    return [tf.tidy(() => tf.mul(x, outside))];
  });
  assert.throws(() => runs(compiled, 5, () => undefined), /it is a tensor from outside/);
});

test('rejects a function that reads values', needsEngine, () => {
  const compiled = new Compiled(({ x }: { readonly x: tf.Tensor }) => {
    const largest = tf.tidy(() => tf.max(tf.square(x)).dataSync()[0]!);
    return [tf.tidy(() => tf.div(x, largest))];
  });
  assert.throws(() => runs(compiled, 3, () => undefined), /cannot read the values of a tensor: the output of Max/);
  // The engine is as before.
  tf.tidy(() => assert.equal(tf.max(tf.tensor1d([1, 3])).dataSync()[0], 3));
});

test('frees its functions', needsEngine, () => {
  const compiled = new Compiled(({ x }: { readonly x: tf.Tensor }) => [tf.square(x)]);
  runs(compiled, 4, () => undefined);
  compiled.dispose();
  assert.deepEqual(
    runs(compiled, 1, () => undefined),
    [[1, 1]],
  );
});
