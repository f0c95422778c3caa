import assert from 'node:assert/strict';
import { test } from 'node:test';

import { planExponentStudy } from '../../../lib/runs/search/exponentStudy';
import { StudyCurves } from '../../../lib/runs/search/studyCurves';
import { sampleEpoch } from '../../results/support';

test('study curves average finished trials over seeds and keep the latest state of each trial', () => {
  const curves = new StudyCurves();
  const history = [sampleEpoch(1, 10), sampleEpoch(2, 20)];
  curves.add({ exponent: 1.2, seed: 0, epochs: 2, history: history.slice(0, 1), finished: false });
  assert.equal(curves.finished, 0);
  curves.add({ exponent: 1.2, seed: 0, epochs: 2, history, finished: true });
  curves.add({ exponent: 1.2, seed: 1, epochs: 2, history: [sampleEpoch(1, 10), sampleEpoch(2, 30)], finished: true });
  curves.add({ exponent: 1, seed: 0, epochs: 2, history: history.slice(0, 1), finished: false });
  assert.equal(curves.finished, 2);
  assert.equal(curves.progressText(2, 25), '2 of 2 trials are finished.');
  assert.match(curves.progressText(3, 25), /^2 of 3 trials are finished: the time limit of 25 s .* again to resume\.$/);
  const { x, y, yError } = curves.accuracy();
  assert.deepEqual([x, y], [[1.2], [25]]);
  assert.ok(Math.abs(yError![0]! - 12.7062047 * 5) < 1e-4);
  assert.deepEqual(
    curves.losses().map(({ name, x: epochs, y: losses }) => ({ name, epochs, losses })),
    [
      { name: 'ε = 1.2', epochs: [1, 2], losses: [5, 2.5] },
      { name: 'ε = 1', epochs: [1], losses: [5] },
    ],
  );
});

test('a study rejects unknown families and uses synthetic images in the smoke profile', async () => {
  const settings = {
    profile: 'smoke',
    teacher: 'cnn',
    student: 'mlp',
    form: 'paper',
    images: 64,
    epochs: 2,
    batchSize: 32,
  } as const;
  await assert.rejects(planExponentStudy({ ...settings, teacher: 'cmn' }), /Unknown family "cmn"\. Nearest: cnn/);
  const { recipeOf, warnings } = await planExponentStudy(settings);
  assert.equal(warnings.length, 2);
  const { teacher, data, method } = recipeOf({ exponent: 1.2, seed: 0, epochs: 2 });
  assert.equal(teacher?.weights, 'fresh');
  assert.deepEqual(data, { name: 'synthetic', trainImages: 64, heldOut: 20 });
  assert.deepEqual(method, { kind: 'ofa', exponent: 1.2, form: 'paper' });
});
