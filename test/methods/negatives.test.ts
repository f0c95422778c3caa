import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../lib/errors';
import { negatives } from '../../lib/methods/negatives';
import { Random } from '../../lib/tensor/random';

const labels = Uint8Array.from({ length: 60 }, (_, i) => i % 5);

/** The rows as arrays. */
function drawn(indices: readonly number[], count: number, random: Random): number[][] {
  const flat = [...negatives(labels).draw(Uint32Array.from(indices), count, random)];
  return indices.map((_, row) => flat.slice(row * (count + 1), (row + 1) * (count + 1)));
}

test('starts each row with its example, followed by different examples of other classes', () => {
  for (const [row, [own, ...others]] of drawn([7, 0, 59, 7], 30, new Random(1)).entries()) {
    assert.equal(own, [7, 0, 59, 7][row]);
    assert.equal(new Set(others).size, 30);
    assert.ok(others.every((other) => labels[other] !== labels[own!]));
  }
});

test('draws every example of the other classes once, and repeats some if more are needed', () => {
  const [all] = drawn([4], 48, new Random(2));
  assert.deepEqual(
    all!.slice(1).sort((a, b) => a - b),
    [...labels.keys()].filter((i) => labels[i] !== 4),
  );
  const [more] = drawn([4], 200, new Random(2));
  assert.equal(more!.length, 201);
  assert.ok(more!.slice(1).every((other) => labels[other] !== 4));
});

test('draws the same from equal streams, whatever was drawn before', () => {
  const sampler = negatives(labels);
  const first = sampler.draw(Uint32Array.of(1, 2, 3), 10, new Random(5));
  sampler.draw(Uint32Array.of(8), 40, new Random(6));
  assert.deepEqual(sampler.draw(Uint32Array.of(1, 2, 3), 10, new Random(5)), first);
  assert.notDeepEqual(sampler.draw(Uint32Array.of(1, 2, 3), 10, new Random(6)), first);
});

test('all other examples are equally likely, in every row', () => {
  const random = new Random(9);
  const rounds = 4000;
  const counts = [0, 1].map(() => new Uint32Array(labels.length));
  for (let round = 0; round < rounds; round++) {
    for (const [row, [, ...others]] of drawn([0, 5], 12, random.fork(round)).entries())
      for (const other of others) counts[row]![other]++;
  }
  for (const count of counts) {
    // Twelve of 48: a binomial distribution of mean 1000 and std 27.
    for (const [i, times] of count.entries())
      assert.ok(labels[i] === 0 ? times === 0 : Math.abs(times - rounds / 4) < 135, `${i} came ${times} times`);
  }
});

test('rejects labels of a single class', () => {
  assert.throws(() => negatives([3, 3, 3]), UserError);
});
