import type { Family } from '../models/model';
import type { RecipeInput } from '../training/recipe/recipe';

// The recipes of the laptop profile are ours. The paper trains larger networks at 224 pixels, for 300 epochs on eight
// GPUs.

type Recipe = Omit<RecipeInput, 'seed'>;

/** The student of each family. */
export const students = {
  cnn: 'resnet_16',
  transformer: 'vit_64',
  mlp: 'mixer_64',
} as const satisfies Readonly<Record<Family, string>>;

/** The teacher of each family, and its weights, which the experiment `teachers` exports. */
export const teachers = {
  cnn: { model: 'resnet_24', weights: 'data/weights/resnet_24.safetensors' },
  transformer: { model: 'vit_96', weights: 'data/weights/vit_96.safetensors' },
  mlp: { model: 'mixer_96', weights: 'data/weights/mixer_96.safetensors' },
} as const;

/** SGD for CNNs and AdamW for the others, as in the paper's recipes, with learning rates for short runs. */
export function optimisation(
  family: Family,
): Pick<Recipe, 'optimizer' | 'learningRate' | 'schedule' | 'weightDecay' | 'clipNorm'> {
  const schedule = { kind: 'cosine', min: 0, warmupEpochs: 1, warmupFrom: 1e-6, per: 'step' } as const;
  return family === 'cnn'
    ? { optimizer: { name: 'sgd' }, learningRate: 0.1, schedule, weightDecay: 5e-4, clipNorm: 5 }
    : { optimizer: { name: 'adamw' }, learningRate: 2e-3, schedule, weightDecay: 0.05, clipNorm: 5 };
}

/** What ablations vary besides the method. */
export type Changes = Partial<Pick<Recipe, 'clipNorm' | 'precision'>>;

/** The recipe of a student with a teacher of the given family, or without one: 12 epochs of 25,000 images. */
export function student(
  family: Family,
  teacher: Family | null,
  method: Recipe['method'],
  changes: Changes = {},
): Recipe {
  return {
    student: students[family],
    teacher: teacher === null ? null : teachers[teacher],
    method,
    data: { name: 'cifar-100', trainImages: 25_000 },
    epochs: 12,
    batchSize: 128,
    ...optimisation(family),
    evaluateEvery: 2,
    ...changes,
  };
}
