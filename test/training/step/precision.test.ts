import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNative } from '../../../lib/tensor/engine/native';
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
