import assert from 'node:assert/strict';
import test from 'node:test';
import { holdOut } from '../../../lib/data/datasets/holdOut';
import { selectClasses, subset } from '../../../lib/data/datasets/subset';
import type { InMemoryDataset } from '../../../lib/data/datasets/dataset';
import { UserError } from '../../../lib/errors';
import { Random } from '../../../lib/tensor/random';
import { numberedImages } from '../numberedImages';

test('a subset has the images and labels at its indices, in their order', () => {
  const dataset = numberedImages(10, 3);
  const part = subset(dataset, [7, 0, 7]);
  assert.deepEqual(indicesOf(part), [7, 0, 7]);
  assert.deepEqual([...part.labels], [1, 0, 1]);
  assert.equal(part.count, 3);
  assert.deepEqual(part.classes, dataset.classes);
  for (const indices of [[10], [-1], [0.5]]) assert.throws(() => subset(dataset, indices), UserError);
});

test('holds out the same share of every class; both parts together are the whole dataset', () => {
  const dataset = numberedImages(200, 4);
  const { rest, heldOut } = holdOut(dataset, 40, new Random(1));
  assert.deepEqual(
    [...indicesOf(rest), ...indicesOf(heldOut)].sort((a, b) => a - b),
    indicesOf(dataset),
  );
  assert.deepEqual(perClass(heldOut, 4), [10, 10, 10, 10]);
  assert.deepEqual(
    indicesOf(heldOut),
    indicesOf(heldOut).sort((a, b) => a - b),
  );
});

test('class sizes differ by at most one if the held-out images cannot be divided evenly', () => {
  for (const n of [0, 1, 5, 6, 7, 99, 100]) {
    const counts = perClass(holdOut(numberedImages(100, 6), n, new Random(n)).heldOut, 6);
    assert.equal(
      counts.reduce((a, b) => a + b, 0),
      n,
    );
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1 + (100 % 6 ? 1 : 0), `${n}: ${counts}`);
  }
  assert.throws(() => holdOut(numberedImages(100, 6), 101, new Random(0)), UserError);
});

test('the seed determines which images are held out', () => {
  const dataset = numberedImages(100, 5);
  const draw = (seed: number): number[] => indicesOf(holdOut(dataset, 20, new Random(seed)).heldOut);
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
});

function indicesOf({ images, count }: InMemoryDataset): number[] {
  return Array.from({ length: count }, (_, i) => images[(i * images.length) / count]!);
}

function perClass({ labels }: InMemoryDataset, classes: number): number[] {
  return Array.from({ length: classes }, (_, label) => labels.filter((other: number) => other === label).length);
}

test('selected classes keep the order of their images and are relabelled', () => {
  const selected = selectClasses(numberedImages(12, 4), ['class 3', 'class 1']);
  assert.deepEqual(selected.classes, ['class 3', 'class 1']);
  assert.deepEqual(indicesOf(selected), [1, 3, 5, 7, 9, 11]);
  assert.deepEqual([...selected.labels], [1, 0, 1, 0, 1, 0]);
  assert.throws(() => selectClasses(numberedImages(12, 4), ['class 9']), UserError);
});
