import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../lib/tensor/random';
import { customGradient } from '../../../lib/tensor/engine/customGradient';
import * as tf from '../../../lib/tensor/engine/tf';
import { variableGrads } from '../../../lib/tensor/engine/variableGrads';

const shape = [3, 4] as const;
const values = (label: string): tf.Tensor2D => {
  const random = new Random(3).fork(label);
  return tf.tensor2d(
    Float32Array.from({ length: 12 }, () => random.normal()),
    [...shape],
  );
};

const variable = (label: string): tf.Variable => tf.tidy(() => tf.variable(values(label)));

/** y = a + b, whose gradient is the same tensor dy for both inputs. */
const addSame = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  customGradient([a, b], () => ({ value: tf.add(a, b), saved: [], backward: (dy) => [dy, dy] }));
/** y = 2 (a + b), whose gradient is one new tensor for both inputs. */
const addTwice = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
  customGradient([a, b], () => ({
    value: tf.mul(2, tf.add(a, b)),
    saved: [],
    backward: (dy) => {
      const both = tf.mul(2, dy);
      return [both, both];
    },
  }));

const graphs: Readonly<Record<string, (v: tf.Variable, w: tf.Variable) => tf.Tensor>> = {
  'a chain': (v, w) => tf.relu(tf.mul(tf.exp(v), w)),
  'a variable that is read twice': (v, w) => tf.mul(tf.add(v, tf.square(v)), tf.add(w, v)),
  residuals: (v, w) => {
    const x = tf.tanh(v);
    const y = tf.add(x, tf.mul(x, w));
    return tf.add(y, tf.sigmoid(y));
  },
  'parts that are concatenated': (v, w) => {
    const [a, b] = tf.split(tf.mul(v, w), 2, 1);
    return tf.concat([tf.exp(b!), a!, a!], 1);
  },
  'a part that is not used': (v, w) => tf.mul(tf.split(tf.sin(v), 2, 1)[1]!, tf.slice(w, [0, 0], [3, 2])),
  'dy as the gradient of two inputs': (v, w) => tf.square(addSame(tf.exp(addSame(v, w)), tf.sin(w))),
};

interface Result {
  readonly value: readonly number[];
  readonly grads: readonly (readonly number[])[];
}

/** The value and the gradients of the sum of a graph. */
function run(graph: (typeof graphs)[string], differentiate: typeof variableGrads): Result {
  const [v, w] = [variable('v'), variable('w')];
  const result = tf.tidy(() => {
    const { value, grads } = differentiate(() => tf.sum<tf.Scalar>(graph(v, w)), [v, w]);
    return { value: [...value.dataSync()], grads: [v, w].map(({ name }) => [...grads[name]!.dataSync()]) };
  });
  tf.dispose([v, w]);
  return result;
}

for (const [name, graph] of Object.entries(graphs)) {
  test(`${name}: the gradients equal those of tf.variableGrads, and no tensor leaks`, () => {
    const before = tf.memory().numTensors;
    const expected = run(graph, (f, variables) => tf.variableGrads(f, variables));
    assert.deepEqual(run(graph, variableGrads), expected);
    assert.equal(tf.memory().numTensors, before);
  });
}

test('a gradient shared by two inputs is freed once for each (tf.variableGrads frees it for both at once)', () => {
  const graph =
    (add: typeof addTwice) =>
    (v: tf.Variable, w: tf.Variable): tf.Tensor =>
      tf.exp(tf.mul(0.1, add(tf.exp(v), tf.square(add(w, v)))));
  const expected = run(
    graph((a, b) => tf.mul(2, tf.add(a, b))),
    (f, variables) => tf.variableGrads(f, variables),
  );
  assert.deepEqual(run(graph(addTwice), variableGrads), expected);
});

test('tensors that the backward pass has used are freed', async () => {
  const v = tf.tidy(() => tf.variable(tf.ones([100, 100])));
  const layers = 50;
  /** Count of tensors in memory at the last op of the backward pass. */
  const left = async (differentiate: typeof variableGrads): Promise<number> => {
    const before = tf.memory().numBytes;
    const { kernels } = await tf.profile(() => {
      const { value, grads } = differentiate(() => {
        let x: tf.Tensor = v;
        for (let i = 0; i < layers; i++) x = tf.sin(x);
        return tf.sum<tf.Scalar>(x);
      }, [v]);
      tf.dispose([value, grads]);
      return [];
    });
    return (kernels[kernels.length - 1]!.totalBytesSnapshot - before) / (4 * v.size);
  };
  const usual = await left((f, variables) => tf.variableGrads(f, variables));
  const freed = await left(variableGrads);
  assert(freed < 10 && usual > 2 * layers, `${freed} and ${usual} tensors`);
  v.dispose();
});
