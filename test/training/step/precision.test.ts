import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backendInfo } from '../../../lib/tensor/engine/backendInfo';
import { isNative, nativeBackend } from '../../../lib/tensor/engine/native';
import * as tf from '../../../lib/tensor/engine/tf';
import { withTf32 } from '../../../lib/tensor/engine/tf32';
import { watchedBinding } from '../../../lib/tensor/engine/watchedBinding';
import { stepInTf32 } from '../../../lib/training/step/stepInTf32';
import { tinyRecipe, snapshot, stepsOf, take, withTraining } from '../example';

const skip = !isNative() && 'no TensorFlow here';

for (const student of ['mixer_64', 'vit_64', 'resnet_16']) {
  test(`${student} in bfloat16: losses within 1 % of float32, other weights, reproducible`, { skip }, async () => {
    const recipe = tinyRecipe({
      student,
      teacher: { model: student === 'resnet_16' ? 'vit_64' : 'resnet_16', weights: 'fresh' },
      method: { kind: 'ofa' },
    });
    const run = async (precision?: 'bfloat16') =>
      withTraining({ ...recipe, precision }, async (training) => ({
        losses: stepsOf(await take(training, 3)).map(({ loss }) => loss),
        weights: snapshot(training),
      }));
    const [exact, rounded, again] = [await run(), await run('bfloat16'), await run('bfloat16')];
    exact.losses.forEach((loss, i) =>
      assert.ok(Math.abs(rounded.losses[i]! - loss) < 0.01 * loss, `step ${i + 1}: ${rounded.losses[i]} and ${loss}`),
    );
    assert.notDeepEqual(rounded.weights, exact.weights);
    assert.deepEqual(again, rounded);
  });
}

test('rejects tf32 on a CPU, where it has no effect', { skip: backendInfo().device === 'GPU' }, async () => {
  await assert.rejects(
    withTraining(tinyRecipe({ precision: 'tf32' }), () => undefined),
    /precision: tf32 cannot be used: it is a mode of NVIDIA GPUs, and this process computes on a CPU/,
  );
  assert.throws(() => withTf32(() => undefined), /TF32 cannot be used/);
});

test('a step in TF32 allows it during each call, also of one that throws', { skip }, async (context) => {
  const backend = nativeBackend()!;
  const { binding } = backend;
  const calls: boolean[] = [];
  const precision = { allowTf32: (allowed: boolean) => (calls.push(allowed), binding.precision!.allowTf32(allowed)) };
  // As on a GPU.
  Object.assign(backend, { isUsingGpuDevice: true, binding: watchedBinding(binding, { precision }) });
  const { NVIDIA_TF32_OVERRIDE: before } = process.env;
  process.env['NVIDIA_TF32_OVERRIDE'] = '1';
  context.after(() => {
    Object.assign(backend, { isUsingGpuDevice: false, binding });
    if (before === undefined) Reflect.deleteProperty(process.env, 'NVIDIA_TF32_OVERRIDE');
    else process.env['NVIDIA_TF32_OVERRIDE'] = before;
  });
  const seen: (boolean | undefined)[] = [];
  const look = (): void => void seen.push(calls.at(-1));
  const step = stepInTf32({
    differentiate: () => {
      look();
      throw new Error('out of memory');
    },
    norm: () => (look(), tf.scalar(1)),
    update: look,
    dispose: look,
  });
  assert.equal(step.whole, undefined);
  assert.throws(
    () =>
      step.differentiate({
        images: tf.zeros([1, 1, 1, 3]),
        labels: tf.zeros<tf.Rank.R1>([1]),
        indices: new Uint32Array(1),
      }),
    /memory/,
  );
  step.norm({}).dispose();
  step.update({}, undefined, 0.1, 1);
  step.dispose();
  assert.deepEqual(seen, [true, true, true, false]);
  assert.deepEqual(calls, [true, false, true, false, true, false]);
  process.env['NVIDIA_TF32_OVERRIDE'] = '0';
  assert.throws(() => step.norm({}), /NVIDIA_TF32_OVERRIDE=0, a default of our commands, turns it off/);
});
