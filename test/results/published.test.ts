import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import {
  meanGain,
  publishedCells,
  publishedFacts,
  publishedLikeFamily,
  publishedSuccessors,
  publishedTable,
} from '../../lib/results/published';

const collected = process.env.OFA_PUBLISHED ?? '';
const skip = existsSync(path.join(collected, 'cifar100.json'))
  ? false
  : 'OFA_PUBLISHED names no folder of published numbers';
const read = (file: string): string => readFileSync(path.join(collected, file), 'utf8');
const numbers = (text: string): string[] => text.match(/\d+\.\d+/g) ?? [];

for (const name of ['cifar100', 'imagenet'] as const) {
  test(`${name}: cells and statuses are those that were collected`, { skip }, async () => {
    const cell = z.object({ value: z.number(), status: z.string() });
    const schema = z.object({
      rows: z.array(
        z.object({
          teacher: z.string(),
          student: z.string(),
          teacher_top1: cell,
          student_top1: cell,
          methods: z.record(cell),
        }),
      ),
    });
    const bare = (json: unknown): unknown => schema.parse(json);
    assert.deepEqual(bare(await publishedTable(name)), bare(JSON.parse(read(`${name}.json`))));
  });

  test(`${name}: columns with checked cells have the published mean gain`, async () => {
    const table = await publishedTable(name);
    for (const row of table.rows) {
      for (const [column, { status }] of publishedCells(row))
        if (status === 'checked' && column !== 'scratch') assert.ok(column in table.published_mean_gain, column);
    }
    for (const [column, gain] of Object.entries(table.published_mean_gain))
      assert.ok(Math.abs(meanGain(table, column) - gain) < 0.01, `${column}: ${meanGain(table, column)}`);
  });
}

test('facts on ablations, successors and same-family teachers contain only collected numbers', { skip }, async () => {
  const known = new Set(numbers(read('README.md')).map(Number));
  const { rows, studentMean } = await publishedSuccessors();
  const numbersInFacts = [
    ...(await publishedFacts()).flatMap(({ fact }) => numbers(fact).map(Number)),
    ...(await publishedLikeFamily()).map(({ value }) => value),
    studentMean,
    ...rows
      .flatMap(({ cifar100_gain: a, imagenet_gain: b, pairs }) => [a, b, ...pairs.map(({ value }) => value)])
      .filter((value): value is number => value !== null),
  ];
  // Numbers of the paper's own tables, and 1.28 × 12 = 15.4.
  const tables = new Set([...numbers(read('cifar100.json')), ...numbers(read('imagenet.json'))].map(Number));
  assert.deepEqual(
    numbersInFacts.filter((value) => !known.has(value) && !tables.has(value)),
    [],
  );
  assert.ok(numbersInFacts.length > 50);
});

test('the cells of Table 5, which we have not seen, are unverified', async () => {
  assert.ok((await publishedLikeFamily()).every(({ status }) => status === 'recalled'));
});

test('selects facts by the start of their item', async () => {
  const some = await publishedFacts('reproduction', 'Section 5');
  assert.ok(some.length > 3 && some.every(({ item }) => /^(reproduction|Section 5)/.test(item)));
});
