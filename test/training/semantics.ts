import { methods } from '../../lib/methods/methods';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { Random } from '../../lib/tensor/random';
import type { RecipeInput } from '../../lib/training/recipe/recipe';
import { stepsOf, take, tinyRecipe, withTraining } from './example';

/** Numbers by name that change if training changes. They are equal on all machines up to rounding. */
export type Semantics = Readonly<Record<string, readonly number[]>>;

const teacher = { model: 'vit_64', weights: 'fresh' } as const;
const augmentation = {
  crop: { kind: 'resized', area: [0.25, 1] },
  randAugment: { magnitude: 9 },
  erasing: 0.5,
} as const;

/** Recipes that together use every part of training, by name. */
const recipes: Readonly<Record<string, Partial<RecipeInput>>> = {
  ...Object.fromEntries(
    Object.keys(methods).map((kind) => [`method ${kind}`, { student: 'resnet_16', teacher, method: { kind } }]),
  ),
  'method scratch': { student: 'resnet_16' },
  'method crd': { student: 'resnet_16', teacher, method: { kind: 'crd', negatives: 16 } },
  'OFA for a transformer': { student: 'vit_64', teacher: { ...teacher, model: 'resnet_16' }, method: { kind: 'ofa' } },
  'OFA for an MLP': { teacher, method: { kind: 'ofa' } },
  'clipping and accumulation': { clipNorm: 0.5, accumulation: 2 },
  'running average': { averageDecay: 0.9 },
  'mixing and smoothing': { mixing: { mixup: 0.8, cutmix: 1 }, labelSmoothing: 0.1 },
  'binary label loss': { labelLoss: 'binary' },
  'stochastic depth': { dropPath: 0.5 },
  'all augmentation': { augmentation },
  'colour jitter': { augmentation: { colourJitter: 0.4 } },
  SGD: { optimizer: { name: 'sgd' }, decayEverything: true },
  LAMB: { optimizer: { name: 'lamb' } },
  'steps of the rate': { schedule: { kind: 'step', at: [1], factor: 0.1, warmupEpochs: 0.5, per: 'step' }, epochs: 3 },
};

const networks = ['resnet_16', 'vit_64', 'mixer_64', 'mobilenetv2_100', 'convnext_tiny', 'resmlp_12_224'] as const;

/**
 * What training computes: moments of initial weights, and the loss parts of the first and sixth step of each recipe,
 * of which the sixth depends on all parts of a step.
 */
export async function measureSemantics(): Promise<Semantics> {
  const measured: Record<string, readonly number[]> = {};
  for (const name of networks) measured[`initial weights of ${name}`] = initialMoments(name);
  for (const [name, changes] of Object.entries(recipes)) measured[name] = await losses(changes);
  return measured;
}

/** Of all initial weights: the root of the mean square, and a mean with weights that depend on the order. */
function initialMoments(name: string): number[] {
  const model = createModel(name, { classes: 10, imageSize: 32 }, new Random(3));
  let [squares, ordered, count] = [0, 0, 0];
  for (const [, { value }] of parameters(model)) {
    for (const one of value.dataSync()) {
      squares += one ** 2;
      ordered += one * Math.cos(count++);
    }
  }
  disposeModule(model);
  return [Math.sqrt(squares / count), ordered / Math.sqrt(count)];
}

async function losses(changes: Partial<RecipeInput>): Promise<number[]> {
  return withTraining(tinyRecipe({ epochs: 3, ...changes }), async (training) => {
    const steps = stepsOf(await take(training, 7));
    return [steps[0]!, steps[5]!].flatMap(({ parts }) => Object.values(parts));
  });
}
