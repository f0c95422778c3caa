import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gpuHours } from '../../../lib/experiments/paper/paperCost';
import { expectedGpuHours, gpuHoursText } from '../../../lib/runs/plan/gpuHours';
import { gpuStep, readGpuSteps, type GpuStep } from '../../../lib/runs/plan/gpuSteps';
import { completeRecipe } from '../../../lib/training/recipe/completeRecipe';
import type { RecipeInput } from '../../../lib/training/recipe/recipe';

const given: RecipeInput = {
  student: 'resnet18',
  teacher: { model: 'swin_tiny_patch4_window7_224', weights: 'x.safetensors' },
  method: { kind: 'ofa' },
  data: { name: 'cifar-100' },
  imageSize: 224,
  epochs: 300,
  batchSize: 512,
  optimizer: { name: 'sgd' },
  learningRate: 0.1,
  schedule: { kind: 'cosine', min: 0 },
  weightDecay: 0,
};
const recipe = completeRecipe(given);
const step: GpuStep = {
  date: '2027-01-02',
  gpu: 'H200',
  student: 'resnet18',
  teacher: 'swin_tiny_patch4_window7_224',
  imageSize: 224,
  batch: 100,
  precision: 'float32',
  compile: 'xla',
  milliseconds: 36,
};

test('computes hours from the last measured step of the same networks, image size and precision', () => {
  // 15,000,000 images, 100 in 36 ms.
  assert.deepEqual(expectedGpuHours(recipe, [{ ...step, milliseconds: 1 }, step]), { hours: 1.5, measured: step });
  const few = completeRecipe({ ...given, data: { name: 'cifar-100', trainImages: 5000 } });
  assert.equal(expectedGpuHours(few, [step])?.hours, 0.15);
});

test('estimates hours from operations where no such step was measured', () => {
  const estimate = { hours: gpuHours(recipe, 'cifar-100') };
  for (const other of [
    { ...step, student: 'resnet50' },
    { ...step, teacher: 'resnet50' },
    { ...step, imageSize: 32 },
    { ...step, precision: 'bfloat16' as const },
  ])
    assert.deepEqual(expectedGpuHours(recipe, [other]), estimate);
  const kd = completeRecipe({ ...given, method: { kind: 'kd' } });
  assert.equal(expectedGpuHours(kd, [step])?.measured, undefined);
  assert.equal(expectedGpuHours(completeRecipe({ ...given, student: 'resnet_16' }), [step]), null);
});

test('the sentence states where the hours come from', () => {
  assert.match(
    gpuHoursText([{ hours: 2 }, null]),
    /about 2\.0 hours \(estimated from operations, because no step .* GPU\), not counting 1/,
  );
  assert.match(
    gpuHoursText([{ hours: 20 }, { hours: 1, measured: step }]),
    /about 21 hours \(1 of 2 jobs from steps measured on H200 \(2027-01-02\), the others estimated\)\.$/,
  );
});

test('the measured steps of the project are valid', async () => {
  const steps = await readGpuSteps();
  assert.ok(steps.length >= 2);
  for (const one of steps) assert.deepEqual(gpuStep.parse(one), one);
});
