import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { disposeBatch, type Batch, type TrainingImages } from '../../../lib/data/loading/batch';
import { drawMix, mixBatch, planTensor } from '../../../lib/data/transforms/mix';
import { defineMethod } from '../../../lib/methods/method';
import { methods } from '../../../lib/methods/methods';
import { disposeModule } from '../../../lib/models/parameter';
import { createModel } from '../../../lib/models/zoo';
import { Compiled } from '../../../lib/tensor/engine/compile';
import type { CompileMode } from '../../../lib/tensor/engine/compileMode';
import { isNative, nativeBackend } from '../../../lib/tensor/engine/native';
import * as tf from '../../../lib/tensor/engine/tf';
import { watchedBinding } from '../../../lib/tensor/engine/watchedBinding';
import { Random } from '../../../lib/tensor/random';
import { restoreCheckpoint, saveCheckpoint } from '../../../lib/training/checkpoint/checkpoint';
import { completeRecipe } from '../../../lib/training/recipe/completeRecipe';
import type { RecipeInput } from '../../../lib/training/recipe/recipe';
import { BatchFeed } from '../../../lib/training/inputs/batchFeed';
import { batchInputs, batchOfInputs, type BatchInputs } from '../../../lib/training/step/batchInputs';
import { imagesAndLabels } from '../../../lib/training/step/labelledBatch';
import { TeacherCache } from '../../../lib/training/teacher/teacherCache';
import { Training, type TrainingOptions } from '../../../lib/training/training';
import { expectClose } from '../../support/close';
import { temporaryFolder } from '../../support/temporaryFolder';
import { classes, images, snapshot, stepsOf, take, tinyRecipe, withTraining } from '../example';

// The tests of this file run twice: with our kernels, and in a process of its own without them, through XLA.
const compile = process.env['OFA_KERNELS'] === 'off' ? 'xla' : 'graph';
const skip = isNative() ? false : 'needs the native engine';

async function trained(changes: Partial<RecipeInput>, options: TrainingOptions = { compile }, events = 6) {
  const teacher = { model: 'vit_64', weights: 'fresh' };
  const recipe = tinyRecipe({ student: 'resnet_16', teacher, method: { kind: 'ofa' }, ...changes });
  const work = async (training: Parameters<Parameters<typeof withTraining>[1]>[0]) => {
    const losses = stepsOf(await take(training, events)).map(({ parts }) => parts);
    const { epoch, step, sums } = training.position;
    return { losses, weights: snapshot(training), position: { epoch, step, sums } };
  };
  return withTraining(recipe, work, options);
}

/**
 * Trains five steps op by op and compiled, which starts at the fourth, and compares losses and weights: bit for bit,
 * unless XLA computes them.
 */
async function expectEqual(changes: Partial<RecipeInput>): Promise<void> {
  const [eager, compiled] = [await trained(changes, { compile: 'off' }), await trained(changes)];
  assert.equal(compiled.losses.length, 5);
  if (compile === 'graph') return assert.deepEqual(compiled, eager);
  compiled.losses.forEach((parts, step) => {
    assert.deepEqual(Object.keys(parts), Object.keys(eager.losses[step]!));
    for (const [name, value] of Object.entries(parts)) {
      const other = eager.losses[step]![name]!;
      assert.ok(
        Math.abs(value - other) <= 1e-3 * Math.max(1, Math.abs(other)),
        `step ${step}, ${name}: ${value}, ${other}`,
      );
    }
  });
  for (const [name, values] of compiled.weights) {
    const others = eager.weights.get(name)!;
    const scale = Math.max(1e-2, largest(others));
    const worst = largest(values.map((value, i) => value - others[i]!));
    assert.ok(worst <= 0.02 * scale, `${name}: ${worst} of ${scale}`);
  }
}

function largest(values: readonly number[]): number {
  return values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}

const transformer = { student: 'vit_64', teacher: { model: 'resnet_16', weights: 'fresh' } };
const cases: Readonly<Record<string, Partial<RecipeInput>>> = {
  ...Object.fromEntries(Object.keys(methods).map((kind) => [`the method ${kind}`, { method: { kind } }])),
  'the method scratch': { method: { kind: 'scratch' }, teacher: undefined },
  'the method crd': { method: { kind: 'crd', negatives: 16 } },
  clipping: { clipNorm: 0.5 },
  'the method crd, whose memory follows each micro-batch': { method: { kind: 'crd', negatives: 16 }, accumulation: 2 },
  'mixed precision': { precision: 'bfloat16' },
  'gradient accumulation': { accumulation: 2, clipNorm: 1, mixing: { mixup: 0.8, cutmix: 1 } },
  'a running average of the weights': { averageDecay: 0.9 },
  'mixed images': { mixing: { mixup: 0.8, cutmix: 1 } },
  'stochastic depth': { student: 'mixer_64', dropPath: 0.5 },
  SGD: { optimizer: { name: 'sgd' } },
  LAMB: { optimizer: { name: 'lamb' } },
  'a transformer': transformer,
};
// XLA takes about a minute to compile a case on two cores.
const names = compile === 'xla' ? ['gradient accumulation', 'a transformer'] : Object.keys(cases);

describe(`a compiled step (${compile}) equals the eager one`, { skip }, () => {
  for (const name of names) test(`with ${name}`, () => expectEqual(cases[name]!));
});

test('augments and mixes compiled as on the CPU', { skip }, async () => {
  const recipe = tinyRecipe();
  const batchOf = async (augmentOnDevice: boolean): Promise<Batch<TrainingImages>> => {
    const feed = new BatchFeed(recipe, images, { augmentOnDevice });
    try {
      for await (const batch of feed.training({ epoch: 0, step: 0 })) return batch;
    } finally {
      await feed.close();
    }
    throw new Error('The feed has no batch');
  };
  const [stored, plain] = [await batchOf(true), await batchOf(false)];
  const mixing = { mixup: 0.8, cutmix: 1, labelSmoothing: 0 };
  const compiled = new Compiled(
    (inputs: BatchInputs) => {
      const { images: mixed, labels } = imagesAndLabels(batchOfInputs(inputs, stored), classes);
      return [mixed, labels];
    },
    { xla: compile === 'xla', isPure: true },
  );
  for (let call = 0; call < 6; call++) {
    tf.tidy(() => {
      const mix = planTensor(drawMix({ height: 32, width: 32 }, new Random(5).fork(call), mixing));
      const [mixed, targets] = tf.tidy(() => compiled.run(batchInputs({ ...stored, mix }, undefined), undefined));
      const given = { images: imagesAndLabels(plain, classes).images, labels: plain.labels };
      const expected = mixBatch(given, classes, new Random(5).fork(call), mixing);
      expectClose(mixed!, expected.images, { relative: 1e-6, absolute: 1e-6 });
      expectClose(targets!, expected.targets, { relative: 1e-6, absolute: 1e-7 });
    });
  }
  compiled.dispose();
  for (const batch of [stored, plain]) disposeBatch(batch);
});

const inGraph = { skip: compile === 'xla' || skip };

test('gives the same weights, bit for bit, in two runs', inGraph, async () => {
  assert.deepEqual(await trained({ clipNorm: 1 }), await trained({ clipNorm: 1 }));
});

test('reads losses every third step, with the same events and weights', inGraph, async () => {
  const [each, third] = [await trained({}, { compile }, 10), await trained({}, { compile, readEvery: 3 }, 10)];
  assert.equal(third.losses.length, 8);
  assert.deepEqual(third, each);
});

test('reads nothing within a step, with one micro-batch or several', inGraph, async (context) => {
  const backend = nativeBackend()!;
  const { binding } = backend;
  context.after(() => {
    backend.binding = binding;
  });
  for (const accumulation of [1, 4]) {
    let reads = 0;
    const tensorDataSync = (id: number): unknown => (reads++, binding.tensorDataSync(id));
    const recipe = tinyRecipe({ accumulation, clipNorm: 1, mixing: { mixup: 0.8 }, averageDecay: 0.9, epochs: 1 });
    await withTraining(
      recipe,
      async (training) => {
        backend.binding = watchedBinding(binding, { tensorDataSync });
        const events = training.run();
        await events.next();
        backend.binding = binding;
        await events.return();
      },
      { compile, readEvery: 4 },
    );
    // Four steps are read together: the loss parts of each micro-batch, and the norm if there are several.
    assert.equal(reads, 4 * (accumulation === 1 ? 1 : accumulation + 1));
  }
});

test('the position includes the losses of steps whose events come later', inGraph, async () => {
  const { losses } = await trained({}, { compile }, 3);
  const made = tinyRecipe({
    student: 'resnet_16',
    teacher: { model: 'vit_64', weights: 'fresh' },
    method: { kind: 'ofa' },
  });
  await withTraining(
    made,
    async (training) => {
      const events = training.run();
      // Reads after two steps, and yields the event of the first.
      await events.next();
      assert.equal(training.position.step, 2);
      assert.equal(training.position.sums['label'], losses[0]!['label']! + losses[1]!['label']!);
      await events.return();
    },
    { compile, readEvery: 2 },
  );
});

test('resumes from a checkpoint to the weights of a run without a pause', inGraph, async (context) => {
  const folder = await temporaryFolder(context);
  const recipe = tinyRecipe({ clipNorm: 1, averageDecay: 0.9, mixing: { mixup: 0.8 } });
  const options: TrainingOptions = { compile, readEvery: 3 };
  const whole = await withTraining(
    recipe,
    async (training) => {
      await take(training, 10);
      return snapshot(training);
    },
    options,
  );
  await withTraining(
    recipe,
    async (training) => {
      await take(training, 5);
      await saveCheckpoint(training, folder);
    },
    options,
  );
  const resumed = await withTraining(
    recipe,
    async (training) => {
      restoreCheckpoint(training, folder);
      await take(training, 10);
      return snapshot(training);
    },
    options,
  );
  // A resumed run compiles later, and its first steps run op by op.
  for (const [name, values] of resumed) {
    const others = whole.get(name)!;
    const worst = largest(values.map((value, i) => value - others[i]!));
    assert.ok(worst <= 1e-3 * Math.max(1e-2, largest(others)), `${name}: ${worst}`);
  }
});

test(
  'reads a teacher cache, which stores the outputs on the mixed images, and leaks no tensor',
  inGraph,
  async (context) => {
    const folder = await temporaryFolder(context);
    const teacher = createModel('vit_64', { classes, imageSize: 32 }, new Random(7));
    const changes = {
      teacher: { model: 'vit_64', weights: 'fresh' },
      method: { kind: 'kd' },
      mixing: { mixup: 0.8 },
    } as const;
    const run = async (how: CompileMode, cached: boolean) => {
      const recipe = tinyRecipe(changes);
      const teacherCache = new TeacherCache(path.join(folder, how), teacher, recipe, images.train.count);
      const training = new Training(recipe, { ...images, teacher, ...(cached && { teacherCache }) }, { compile: how });
      const counts: number[] = [];
      const losses: number[] = [];
      for await (const event of training.run()) {
        if (event.kind !== 'step') continue;
        losses.push(event.loss);
        counts.push(tf.memory().numTensors);
      }
      training.dispose();
      assert.equal(counts[2], counts[7], 'tensors after the third and the last step');
      return losses;
    };
    const expected = await run('off', false);
    for (const losses of [await run(compile, true), await run(compile, true)])
      losses.forEach((loss, i) => assert.ok(Math.abs(loss - expected[i]!) < 1e-3 * expected[i]!, `${i}: ${loss}`));
    disposeModule(teacher);
  },
);

test('stops at a loss that is not finite, and names its step', inGraph, async () => {
  await withTraining(
    tinyRecipe({ method: { kind: 'scratch' } }),
    async (training) => {
      await take(training, 4);
      const [, { variable }] = training.state()[0]!;
      tf.tidy(() => variable.assign(tf.fill(variable.shape, NaN)));
      await assert.rejects(take(training, 2), /the loss part "label" is NaN at epoch 2, step 1/);
    },
    { compile, readEvery: 4 },
  );
});

test('a method that reads numbers is named, and trains op by op if it declares it', inGraph, async () => {
  const method = (readsNumbers: boolean) =>
    defineMethod({
      title: 'numbers',
      source: 'this test',
      readsTeacher: 'nothing',
      scope: 'example',
      readsNumbers,
      options: z.object({}).strict(),
      create: () => ({
        modules: {},
        loss: ({ student: { logits } }) => {
          const largestLogit = logits.max().dataSync()[0]!;
          return { numbers: tf.mul(tf.mean<tf.Scalar>(logits), largestLogit) };
        },
      }),
    });
  const run = async (readsNumbers: boolean): Promise<number> => {
    const own = method(readsNumbers);
    const recipe = completeRecipe({ ...tinyRecipe(), method: { kind: 'numbers' } }, { method: own });
    const training = new Training(recipe, { ...images, method: own }, { compile });
    try {
      return (await take(training, 5)).length;
    } finally {
      training.dispose();
    }
  };
  assert.equal(await run(true), 5);
  await assert.rejects(run(false), /cannot read the values of a tensor: the output of Max was read/);
});

test(
  'equals the eager step through XLA',
  { skip: skip || (compile === 'xla' ? 'runs in this process' : false) },
  () => {
    const env = { ...process.env, OFA_KERNELS: 'off' };
    // Otherwise the process would take itself for a part of this test, and run nothing.
    Reflect.deleteProperty(env, 'NODE_TEST_CONTEXT');
    const args = ['--import', 'tsx', '--test', '--test-reporter=spec', __filename];
    const { status, stdout } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    assert.equal(status, 0, stdout);
    for (const name of [
      'with gradient accumulation',
      'with a transformer',
      'augments and mixes compiled as on the CPU',
    ])
      assert.ok(stdout.includes(`✔ ${name}`), stdout);
  },
);
