import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { methods } from '../../../lib/methods/methods';
import { isNative } from '../../../lib/tensor/engine/native';
import type { RecipeInput } from '../../../lib/training/recipe/recipe';
import type { TrainingOptions } from '../../../lib/training/training';
import { snapshot, stepsOf, take, tinyRecipe, withTraining } from '../example';

// The tests of this file run twice: with our kernels, and in a process of its own without them, through XLA.
const compile = process.env['OFA_KERNELS'] === 'off' ? 'xla' : 'graph';
const skip = isNative() ? false : 'needs the native engine';

async function trained(changes: Partial<RecipeInput>, compiled: TrainingOptions['compile'] = compile) {
  const teacher = { model: 'vit_64', weights: 'fresh' };
  const recipe = tinyRecipe({ student: 'resnet_16', teacher, method: { kind: 'ofa' }, ...changes });
  const work = async (training: Parameters<Parameters<typeof withTraining>[1]>[0]) => {
    const losses = stepsOf(await take(training, 6)).map(({ parts }) => parts);
    return { losses, weights: snapshot(training) };
  };
  return withTraining(recipe, work, { compile: compiled });
}

/** Trains five steps op by op and compiled, which starts at the fourth, and compares losses and weights. */
async function expectEqual(changes: Partial<RecipeInput>): Promise<void> {
  const [eager, compiled] = [await trained(changes, 'off'), await trained(changes)];
  assert.equal(compiled.losses.length, 5);
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
  'gradient accumulation': { accumulation: 2, clipNorm: 1 },
  'a running average of the weights': { averageDecay: 0.9 },
  'mixed images': { mixing: { mixup: 0.8, cutmix: 1 } },
  'stochastic depth': { student: 'mixer_64', dropPath: 0.5 },
  SGD: { optimizer: { name: 'sgd' } },
  LAMB: { optimizer: { name: 'lamb' } },
  'a transformer': transformer,
};
// XLA takes about a minute to compile a case on two cores.
const names = compile === 'xla' ? ['gradient accumulation'] : Object.keys(cases);

describe(`a compiled step (${compile}) equals the eager one`, { skip }, () => {
  for (const name of names) test(`with ${name}`, () => expectEqual(cases[name]!));
});

test('gives the same weights, bit for bit, in two runs', { skip: compile === 'xla' || skip }, async () => {
  assert.deepEqual(await trained({ clipNorm: 1 }), await trained({ clipNorm: 1 }));
});

test(
  'equals the eager step through XLA',
  { skip: skip || (compile === 'xla' ? 'runs in this process' : false) },
  () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--test', '--test-reporter=spec', __filename],
      { env: { ...process.env, OFA_KERNELS: 'off', NODE_TEST_CONTEXT: '' }, encoding: 'utf8' },
    );
    assert.equal(status, 0, stdout);
  },
);
