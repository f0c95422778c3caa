import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../lib/tensor/random';
import { expectClose } from '../support/close';

test('streams are those of the recorded runs', () => {
  const random = new Random(0).fork('pins');
  expectClose(
    [
      random.uniform(),
      random.uniform(),
      random.integer(1000),
      random.normal(),
      random.normal(),
      random.truncatedNormal(),
      random.beta(0.8, 0.8),
    ],
    [
      0.9998196761589497, 0.4732460274826735, 462, -0.11350664060290197, -0.7022990436996526, -0.01026779315165514,
      0.04091233858206813,
    ],
    { relative: 1e-12 },
  );
  assert.deepEqual([...new Random(1).permutation(8)], [1, 7, 5, 4, 2, 3, 0, 6]);
  assert.equal(new Random(0).fork('data').fork(3).seed, -121525915);
});

test('a fork depends only on seed and label', () => {
  const [fresh, used] = [new Random(5), new Random(5)];
  for (let i = 0; i < 3; i++) used.normal();
  assert.equal(used.fork('a').uniform(), fresh.fork('a').uniform());
  assert.equal(
    new Set(
      [
        new Random(5).fork('a'),
        new Random(5).fork('b'),
        new Random(6).fork('a'),
        new Random(5).fork(0),
        new Random(5).fork(1),
      ].map(({ seed }) => seed),
    ).size,
    5,
  );
});

test('draws have the mean, std and range of their distribution', () => {
  const random = new Random(2);
  const moments = (draw: () => number): readonly [mean: number, std: number, min: number, max: number] => {
    const values = Array.from({ length: 20_000 }, draw);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [
      mean,
      Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length),
      Math.min(...values),
      Math.max(...values),
    ];
  };
  // The std of the mean of 20,000 draws is 0.007 of that of one draw.
  const cases: readonly (readonly [() => number, number, number, number, number])[] = [
    [() => random.uniform(), 0.5, Math.sqrt(1 / 12), 0, 1],
    [() => random.normal(), 0, 1, -Infinity, Infinity],
    [() => random.truncatedNormal(), 0, 0.8796, -2, 2],
    [() => random.gamma(0.5), 0.5, Math.sqrt(0.5), 0, Infinity],
    [() => random.gamma(3), 3, Math.sqrt(3), 0, Infinity],
    [() => random.beta(2, 1), 2 / 3, Math.sqrt(1 / 18), 0, 1],
    [() => random.integer(10), 4.5, Math.sqrt(8.25), 0, 9],
  ];
  for (const [draw, mean, std, min, max] of cases) {
    const [m, s, low, high] = moments(draw);
    assert.ok(
      Math.abs(m - mean) < 0.035 * std && Math.abs(s - std) < 0.04 * std && low >= min && high <= max,
      `${draw}: ${m}, ${s}, ${low}, ${high}`,
    );
  }
});

test('a permutation contains every number once', () => {
  assert.deepEqual(
    [...new Random(7).permutation(100)].sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i),
  );
});
