import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest, digestError } from '../../lib/reference/digest';
import { fill, input, parameter } from '../../lib/reference/fill';

test('fill starts with the mixed FNV-1a hash of the name', () => {
  // Computed with integers of unlimited size.
  const mask = 0xffffffffn;
  const plain = (name: string, i: number): number => {
    let h = 0x811c9dc5n;
    for (const byte of Buffer.from(name)) h = ((h ^ BigInt(byte)) * 0x01000193n) & mask;
    h = (h + BigInt(i) * 0x9e3779b9n) & mask;
    h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & mask;
    h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & mask;
    return Number(h ^ (h >> 16n)) / 2 ** 31 - 1;
  };
  for (const name of ['', 'image', 'blocks.0.γ'])
    assert.deepEqual(
      [...fill(name, 100)],
      Array.from({ length: 100 }, (_, i) => plain(name, i)),
    );
});

test('fill is uniform in [−1, 1)', () => {
  const values = fill('uniform', 100_000);
  assert.ok(values.every((u) => u >= -1 && u < 1));
  assert.ok(Math.abs(values.reduce((sum, u) => sum + u, 0) / values.length) < 0.01);
  assert.ok(Math.abs(values.reduce((sum, u) => sum + u * u, 0) / values.length - 1 / 3) < 0.01);
});

test('parameters are scaled by the last part of their name', () => {
  const u = (name: string): number => fill(name, 1)[0]!;
  const cases: readonly (readonly [string, number[], (u: number) => number])[] = [
    ['bn1.running_var', [4], (x) => 1 + 0.2 * x],
    ['bn1.running_mean', [4], (x) => 0.1 * x],
    ['fc.bias', [4], (x) => 0.05 * x],
    ['cls_token', [1, 1, 4], (x) => 0.1 * x],
    ['blocks.0.ls1', [4], (x) => 0.5 + 0.1 * x],
    ['norm.weight', [4], (x) => 1 + 0.1 * x],
    ['norm1.alpha', [1, 1, 4], (x) => 1 + 0.1 * x],
    ['conv1.weight', [8, 3, 2, 2], (x) => x * Math.sqrt(3 / 12)],
  ];
  for (const [name, shape, scaled] of cases)
    assert.equal(parameter(name, shape)[0], Math.fround(scaled(u(name))), name);
  assert.equal(input('image', [2], 2)[1], Math.fround(2 * fill('image', 2)[1]!));
});

test('a digest changes with a value, the order and the shape', () => {
  const values = [...fill('values', 24)];
  const expected = digest(values, [4, 6], 'x');
  assert.equal(digestError(expected, expected, 1e-4), undefined);
  assert.equal(expected.first.length, 8);
  const swapped = [...values.slice(0, 22), values[23]!, values[22]!];
  assert.match(digestError(digest(swapped, [4, 6], 'x'), expected, 1e-4) ?? '', /probe/);
  assert.match(
    digestError(
      digest(
        values.map((x, i) => (i === 20 ? x + 1 : x)),
        [4, 6],
        'x',
      ),
      expected,
      1e-4,
    ) ?? '',
    /mean/,
  );
  assert.match(digestError(digest(values, [6, 4], 'x'), expected, 1e-4) ?? '', /shape/);
  assert.match(
    digestError(
      digest(
        values.map(() => NaN),
        [4, 6],
        'x',
      ),
      expected,
      1e-4,
    ) ?? '',
    /NaN/,
  );
});
