import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disposeModule, setPrecision } from '../../../lib/models/parameter';
import { createModel } from '../../../lib/models/zoo';
import { hasKernels, nativeBackend } from '../../../lib/tensor/engine/native';
import { Random } from '../../../lib/tensor/random';
import { Replay } from '../../../lib/tensor/engine/replay';
import * as tf from '../../../lib/tensor/engine/tf';

const skip = !hasKernels() && 'the kernels are not built: npm run setup';

/** Records a computation; checks that it returns the same results as without a recording. */
function recorded(input: tf.Tensor, compute: (input: tf.Tensor) => tf.Tensor[]): Replay {
  let replay: Replay | undefined;
  tf.tidy(() => {
    const { outputs, replay: made } = Replay.record(input, () => compute(input));
    assert.deepEqual(
      outputs.map((output) => [...output.dataSync()]),
      compute(input).map((output) => [...output.dataSync()]),
    );
    replay = made;
  });
  assert.ok(replay);
  return replay;
}

function numbersOf(tensors: tf.Tensor[]): number[][] {
  const numbers = tensors.map((tensor) => [...tensor.dataSync()]);
  tf.dispose(tensors);
  return numbers;
}

for (const precision of ['float32', 'bfloat16'] as const) {
  for (const name of [
    'resnet_16',
    'vit_64',
    'mixer_64',
    'mobilenetv2_100',
    'convnext_tiny',
    'swin_tiny_patch4_window7_224',
  ]) {
    test(
      `${name} in ${precision}: a replayed forward pass on another thread returns identical results during other work`,
      { skip },
      () => {
        const size = name.includes('224') ? 224 : 32;
        const model = createModel(name, { classes: 5, imageSize: size }, new Random(0));
        setPrecision(model, precision);
        const [first, second] = [1, 2].map((seed) => tf.randomNormal([2, size, size, 3], 0, 1, 'float32', seed));
        const forward = (images: tf.Tensor): tf.Tensor[] => {
          const { logits, pooled } = model.forward(tf.reshape(images, [2, size, size, 3]), { mode: 'eval' });
          return [logits, pooled];
        };
        const replay = recorded(first!, forward);
        const before = tf.memory().numTensors;
        const run = replay.start(second!);
        const meanwhile = numbersOf(tf.tidy(() => forward(second!)));
        assert.deepEqual(numbersOf(run.wait()), meanwhile);
        assert.equal(tf.memory().numTensors, before);
        replay.dispose();
        tf.dispose([first!, second!]);
        disposeModule(model);
      },
    );
  }
}

test('a replay keeps the tensors it reads, and runs may overlap', { skip }, () => {
  const x = tf.tensor1d([1, 2, 3]);
  const weight = tf.tensor1d([2, 2, 2]);
  const replay = recorded(x, (input) => [tf.add(tf.mul(input, weight), 1), tf.sum(input)]);
  tf.dispose(weight);
  const inputs = [0, 1, 2].map((i) => tf.tensor1d([i, 10 * i, 100 * i]));
  const runs = inputs.map((input) => replay.start(input));
  tf.dispose([x, inputs]);
  replay.dispose();
  assert.deepEqual(
    runs.map((run) => numbersOf(run.wait())),
    [0, 1, 2].map((i) => [[2 * i + 1, 20 * i + 1, 200 * i + 1], [111 * i]]),
  );
});

test('the input and tensors that no op computed may be outputs', { skip }, () => {
  const [x, other, y] = [tf.scalar(1), tf.scalar(5), tf.scalar(2)];
  const replay = Replay.record(x, () => [x, tf.square(x), other]);
  assert.deepEqual(numbersOf(replay.replay!.start(y).wait()), [[2], [4], [5]]);
});

test('inputs of another shape or type are not accepted, and wait throws the error that stopped a run', { skip }, () => {
  const [x, wide] = [tf.ones([2, 3]), tf.ones([2, 4])];
  const replay = recorded(x, (input) => [tf.matMul(tf.reshape(input, [2, 3]), tf.ones([3, 2]))]);
  assert.equal(replay.accepts(wide), false);
  const integers = tf.cast(x, 'int32');
  assert.equal(replay.accepts(integers), false);
  integers.dispose();
  assert.ok(replay.accepts(x));
  const run = replay.start(wide);
  assert.throws(() => run.wait(), /[Rr]eshape|elements/);
  assert.throws(() => run.wait(), /once/);
  assert.deepEqual(numbersOf(replay.start(x).wait()), [[3, 3, 3, 3]]);
});

test('an error during the recording is thrown, and later ops are not recorded', { skip }, () => {
  const x = tf.scalar(1);
  const binding = nativeBackend()?.binding;
  assert.throws(
    () =>
      Replay.record(x, () => {
        throw new Error('no');
      }),
    /no/,
  );
  assert.equal(nativeBackend()?.binding, binding);
  assert.deepEqual(numbersOf([tf.add(x, 1)]), [[2]]);
});

test(
  'a computation that reads results of its ops has no replay; it may read sizes that are arguments of ops',
  { skip },
  () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    const read = Replay.record(x, () => [tf.mul(x, tf.sum(x).dataSync()[0]!)]);
    assert.deepEqual(numbersOf(read.outputs), [[10, 20, 30, 40]]);
    assert.equal(read.replay, undefined);
    const replayed = Replay.record(x, () => [tf.gather(x, tf.tensor1d([1], 'int32'))]);
    tf.dispose(replayed.outputs);
    assert.deepEqual(
      numbersOf(
        replayed
          .replay!.start(
            tf.tensor2d([
              [5, 6],
              [7, 8],
            ]),
          )
          .wait(),
      ),
      [[7, 8]],
    );
  },
);
