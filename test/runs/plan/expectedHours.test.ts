import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedHours } from '../../../lib/runs/plan/expectedHours';
import { completeRecipe } from '../../../lib/training/recipe/completeRecipe';
import { sampleEpoch, sampleRecord } from '../../results/support';

const recipe = completeRecipe({
  student: 'vit_64',
  teacher: { model: 'resnet_24', weights: 'x.safetensors' },
  method: { kind: 'kd' },
  data: { name: 'cifar-100', trainImages: 36_000 },
  epochs: 10,
  batchSize: 100,
  optimizer: { name: 'sgd' },
  learningRate: 0.1,
  schedule: { kind: 'cosine', min: 0 },
  weightDecay: 0,
});
const record = sampleRecord({
  student: 'vit_64',
  teacher: 'resnet_24',
  method: 'kd',
  dataset: 'cifar-100',
  threads: 2,
  recipe: {},
  history: [50, 200, 400].map((imagesPerSecond, i) => ({ ...sampleEpoch(i + 1, 1), imagesPerSecond })),
});

test('uses the median speed in records of the same networks and method', () => {
  // 360,000 images, 2 threads at 200 a second.
  assert.equal(expectedHours(recipe, 2, [record]), 0.5);
  assert.equal(expectedHours(recipe, 1, [record]), 1);
  assert.equal(expectedHours(recipe, 2, [{ ...record, processes: 2 }]), 1, 'two processes of two threads each');
});

test('ignores records of other trainings, of GPUs, and epochs with cached teacher outputs', () => {
  const guess = expectedHours(recipe, 2, []);
  assert.ok(guess !== null && guess !== 0.5);
  const gpu = { ...record, machine: { ...record.machine, gpu: 'H100' } };
  for (const other of [
    { ...record, method: 'ofa' },
    { ...record, student: 'vit_96' },
    { ...record, teacher: null },
    gpu,
    { ...record, recipe: { imageSize: 64 } },
    { ...record, recipe: { precision: 'bfloat16' } },
    { ...record, history: record.history.map((epoch) => ({ ...epoch, teacherCached: true as const })) },
  ]) {
    assert.equal(expectedHours(recipe, 2, [other]), guess);
  }
});

test('has no estimate for networks that were never timed', () => {
  assert.equal(expectedHours({ ...recipe, student: 'deit_tiny_patch16_224' }, 2, []), null);
  assert.equal(expectedHours({ ...recipe, imageSize: 64 }, 2, []), null);
  assert.equal(expectedHours({ ...recipe, precision: 'bfloat16' }, 2, [record]), null);
});
