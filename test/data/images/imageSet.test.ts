import assert from 'node:assert/strict';
import test from 'node:test';
import { holdOut, ofClasses, subset, type ImageSet } from '../../../lib/data/images/imageSet';
import { UserError } from '../../../lib/errors';
import { Random } from '../../../lib/tensor/random';
import { marked } from '../marked';

test('a subset has the images and labels at its places, in its order', () => {
  const set = marked(10, 3);
  const part = subset(set, [7, 0, 7]);
  assert.deepEqual(marks(part), [7, 0, 7]);
  assert.deepEqual([...part.labels], [1, 0, 1]);
  assert.equal(part.count, 3);
  assert.deepEqual(part.classes, set.classes);
  for (const places of [[10], [-1], [0.5]]) assert.throws(() => subset(set, places), UserError);
});

test('the held-out images have every class in its share, and with the rest make up the whole', () => {
  const set = marked(200, 4);
  const { rest, heldOut } = holdOut(set, 40, new Random(1));
  assert.deepEqual(
    [...marks(rest), ...marks(heldOut)].sort((a, b) => a - b),
    marks(set),
  );
  assert.deepEqual(perClass(heldOut, 4), [10, 10, 10, 10]);
  assert.deepEqual(
    marks(heldOut),
    marks(heldOut).sort((a, b) => a - b),
  );
});

test('shares that do not come out even differ by one at most, and rare classes are kept', () => {
  for (const n of [0, 1, 5, 6, 7, 99, 100]) {
    const counts = perClass(holdOut(marked(100, 6), n, new Random(n)).heldOut, 6);
    assert.equal(
      counts.reduce((a, b) => a + b, 0),
      n,
    );
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1 + (100 % 6 ? 1 : 0), `${n}: ${counts}`);
  }
  assert.throws(() => holdOut(marked(100, 6), 101, new Random(0)), UserError);
});

test('the seed decides which images are held out', () => {
  const set = marked(100, 5);
  const draw = (seed: number): number[] => marks(holdOut(set, 20, new Random(seed)).heldOut);
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
});

function marks({ images, count }: ImageSet): number[] {
  return Array.from({ length: count }, (_, i) => images[(i * images.length) / count]!);
}

function perClass({ labels }: ImageSet, classes: number): number[] {
  return Array.from({ length: classes }, (_, label) => labels.filter((other: number) => other === label).length);
}

test("the images of some classes keep their places and get those classes' labels", () => {
  const some = ofClasses(marked(12, 4), ['class 3', 'class 1']);
  assert.deepEqual(some.classes, ['class 3', 'class 1']);
  assert.deepEqual(marks(some), [1, 3, 5, 7, 9, 11]);
  assert.deepEqual([...some.labels], [1, 0, 1, 0, 1, 0]);
  assert.throws(() => ofClasses(marked(12, 4), ['class 9']), UserError);
});
