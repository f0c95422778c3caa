import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permutations } from '../../lib/similarity/calibration';
import { exampleGram } from '../../lib/similarity/exampleGram';
import { measureNamed, measureNames } from '../../lib/similarity/measures';
import { Random } from '../../lib/tensor/random';
import { features } from './features';

const n = 14;
const grams = ['x', 'y'].map((name) => exampleGram(features(name, n, 7)));

for (const name of measureNames) {
  test(`${name} compares layers, and calibrates them`, async () => {
    const options = { permutations: permutations(19, n, new Random(1)) };
    const grid = await measureNamed(name).compare([grams[0]!], grams, options);
    const [own, other] = grid.values[0]!;
    assert.ok(own!.observed > 0.99 && own!.p === 0.05);
    assert.ok(other!.observed <= own!.observed);
  });
}

test('an option follows a colon; unknown names and wrong options are rejected', () => {
  assert.equal(measureNamed('knn:3').name, 'Mutual kNN (k = 3)');
  assert.throws(() => measureNamed('kn'), /Unknown similarity measure "kn".*knn/);
  for (const text of ['knn:', 'knn:x', 'rsa:3']) assert.throws(() => measureNamed(text), /is not an option/);
  assert.throws(() => measureNamed('rbf-cka:-1'), /width/);
});

test('rejects different numbers of images, and k from the number of images on', async () => {
  const options = { permutations: permutations(19, n, new Random(1)) };
  const fewer = exampleGram(features('x', n - 1, 7));
  await assert.rejects(measureNamed('knn:3').compare([grams[0]!], [fewer], options), /14 and 13/);
  await assert.rejects(measureNamed(`knn:${n}`).compare(grams, grams, options), /more than 14 examples/);
});
