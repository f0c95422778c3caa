import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cifar100Rows } from '../../lib/experiments/paper/paper';
import { recipeLines } from '../../lib/experiments/recipeLines';
import { story } from '../../lib/experiments/comparisons/story';

test('lists every number of a published row with its source', () => {
  const row = cifar100Rows.find(({ name }) => name === 'swin_tiny_patch4_window7_224-resnet18-ofa')!;
  const lines = recipeLines(row).map((line) => line.split(/ {2,}/));
  const byPath = new Map(lines.map(([place, value, source]) => [place, [value, source]]));
  assert.deepEqual(byPath.get('learningRate'), ['0.1', 'issue 14: the author’s log']);
  assert.deepEqual(byPath.get('optimizer.momentum'), ['0.9', 'released config']);
  assert.deepEqual(byPath.get('method.branchWeight'), ['0.1', 'issue 14: follows from the losses of the author’s log']);
  assert.deepEqual(byPath.get('accumulation'), ['8', 'issue 6']);
  assert.deepEqual(byPath.get('student'), ['resnet18', undefined]);
  for (const [place, value, source] of lines)
    assert.ok(source !== undefined || !/^[\d.[]/.test(value!), `${place} has no source`);
});

test('lists a recipe of the laptop profile without sources', () => {
  const lines = recipeLines(story.rows.laptop[2]!);
  assert.ok(lines.some((line) => /^method\.exponent +1\.2$/.test(line)));
});
