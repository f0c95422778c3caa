import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import type { Experiment } from '../../../lib/experiments/experiment';
import { cifar100Rows, imageNetRows, type PaperRow } from '../../../lib/experiments/paper/paper';
import { teacherTraining } from '../../../lib/experiments/teachers/teachers';
import { plan, withTeachers } from '../../../lib/runs/plan/plan';
import { completeRecipe } from '../../../lib/training/recipe/completeRecipe';

const all: readonly PaperRow[] = [...cifar100Rows, ...imageNetRows({ name: 'synthetic' })];

test('every published recipe is complete and valid, with its batch split as on eight GPUs', () => {
  for (const { name, recipe } of all) {
    const { batchSize, accumulation, imageSize } = completeRecipe(recipe);
    assert.deepEqual([accumulation, imageSize], [8, 224], name);
    assert.ok([64, 128, 256].includes(batchSize / 8), name);
  }
});

test('every number has a source, and every source a number', () => {
  for (const { name, recipe, sources } of all) {
    for (const place of numbers(recipe)) assert.ok(sourceOf(place, sources), `${name}: ${place} has no source`);
    const whole = completeRecipe(recipe);
    for (const place of Object.keys(sources)) assert.notEqual(valueAt(whole, place), undefined, `${name}: no ${place}`);
  }
});

test('the rows are those of the published tables', () => {
  const table = z.object({ rows: z.array(z.object({ teacher: z.string(), student: z.string() })) });
  const pairsOf = (rows: readonly PaperRow[]): number =>
    rows.filter(({ recipe }) => recipe.method?.kind === 'ofa').length;
  const published = (file: string): number =>
    table.parse(JSON.parse(readFileSync(path.join('data', 'published', file), 'utf8'))).rows.length;
  assert.equal(pairsOf(cifar100Rows), published('cifar100.json'));
  // Three pairs of other tables: ResNet34 → ResNet18, ViT-B and ResNet152 → ResNet50.
  assert.equal(pairsOf(imageNetRows({ name: 'synthetic' })), published('imagenet.json') + 3);
  assert.equal(new Set(cifar100Rows.map(({ name }) => name)).size, cifar100Rows.length);
});

test('plans the fine-tuning of a teacher before its rows of the CIFAR-100 table', () => {
  const table: Experiment = {
    name: 'table',
    title: '',
    seeds: [0],
    rows: { smoke: [], laptop: [], paper: cifar100Rows },
  };
  for (const {
    name,
    recipe: { teacher },
  } of cifar100Rows) {
    const jobs = withTeachers(plan(table, 'paper', { rows: [name] }), [teacherTraining]);
    assert.deepEqual(
      jobs.map(({ row }) => row),
      teacher ? [teacher.model, name] : [name],
    );
    assert.equal(jobs[0]?.exportWeightsTo, teacher?.weights);
  }
});

test('settings that the author gave for single runs are in their rows only', () => {
  const method = (name: string): unknown => all.find((row) => row.name === name)?.recipe.method;
  assert.deepEqual(method('swin_tiny_patch4_window7_224-mobilenetv2_100-ofa'), {
    kind: 'ofa',
    exponent: 1,
    branchWeight: 0.1,
  });
  assert.deepEqual(method('vit_small_patch16_224-resnet18-ofa'), { kind: 'ofa', exponent: 1, branchWeight: 1 });
  assert.deepEqual(method('deit_tiny_patch16_224-resnet18-ofa'), { kind: 'ofa', exponent: 1.5, branchWeight: 1 });
  const rate = (name: string): unknown => cifar100Rows.find((row) => row.name === name)?.recipe.learningRate;
  assert.deepEqual(
    [rate('swin_tiny_patch4_window7_224-resnet18-ofa'), rate('swin_tiny_patch4_window7_224-resnet18-kd')],
    [0.1, 0.05],
  );
});

test('the strong recipe has no smoothing and no erasing, but stochastic depth', () => {
  const strong = imageNetRows({ name: 'synthetic' }).filter(({ recipe: { student } }) => student === 'resnet50');
  assert.equal(strong.length, 2 * 10 + 1);
  for (const { recipe } of strong) {
    const { dropPath, labelSmoothing, labelLoss, repeats, augmentation } = completeRecipe(recipe);
    assert.deepEqual(
      { dropPath, labelSmoothing, labelLoss, repeats },
      { dropPath: 0.05, labelSmoothing: 0, labelLoss: 'binary', repeats: 3 },
    );
    assert.ok(
      typeof augmentation === 'object' &&
        augmentation.erasing === undefined &&
        augmentation.colourJitter === undefined &&
        augmentation.randAugment?.magnitude === 7,
    );
  }
});

/** The value at a path. */
function valueAt(value: unknown, place: string): unknown {
  return place
    .split('.')
    .reduce<unknown>(
      (part, key) =>
        typeof part === 'object' && part !== null ? new Map<string, unknown>(Object.entries(part)).get(key) : undefined,
      value,
    );
}

/** The paths of all numbers inside a value; a list is one path. */
function numbers(value: unknown, place = ''): string[] {
  if (typeof value === 'number') return [place];
  if (Array.isArray(value)) return [...new Set(value.flatMap((part) => numbers(part, place)))];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => numbers(part, place === '' ? key : `${place}.${key}`));
}

/** The source of a path, or else of the nearest object that contains it. */
function sourceOf(place: string, sources: PaperRow['sources']): string | undefined {
  return (
    sources[place] ?? (place.includes('.') ? sourceOf(place.slice(0, place.lastIndexOf('.')), sources) : undefined)
  );
}
