import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Method } from '../methods/method';
import { methodSpec } from '../methods/methods';
import { optionFaults } from '../methods/optionFaults';
import { nameFaults, recipeError } from './checkRecipe';
import { optimizerSpec } from './optimizer';
import { schedule } from './schedule';

/** Everything that decides a run's result, as a plain value. */
export const recipe = z.object({
  student: z.string(),
  /** A network and the weights that make it a teacher; null for training from scratch. */
  teacher: z.object({ model: z.string(), weights: z.string() }).strict().nullable().default(null),
  method: methodSpec.default({ kind: 'scratch' }),
  data: z.object({
    name: z.enum(['cifar-100', 'synthetic']),
    /** Training images, drawn evenly from the classes; all of them unless told. */
    trainImages: z.number().int().positive().optional(),
  }).strict(),
  epochs: z.number().int().positive(),
  /** Images of one update. */
  batchSize: z.number().int().positive(),
  /** Micro-batches that a batch is cut into, where it does not fit: batch norm then sees each on its own, as on the paper's GPUs. */
  accumulation: z.number().int().positive().default(1),
  optimizer: optimizerSpec,
  learningRate: z.number().positive(),
  schedule,
  weightDecay: z.number().nonnegative(),
  /** Largest global norm of the gradients; absent: not clipped. */
  clipNorm: z.number().positive().optional(),
  labelSmoothing: z.number().min(0).max(1).default(0),
  /** Weight of the label's cross entropy: the released code's `gt-loss-weight`. */
  labelWeight: z.number().nonnegative().default(1),
  augmentation: z.enum(['none', 'crop-flip']).default('crop-flip'),
  seed: z.number().int().default(0),
  /** Epochs between evaluations; the last epoch is always evaluated. */
  evaluateEvery: z.number().int().positive().default(1),
}).strict().superRefine(({ batchSize, accumulation }, context) => {
  if (batchSize % accumulation !== 0) context.addIssue({ code: 'custom', path: ['accumulation'], message: `does not divide the batch of ${batchSize}` });
});

export type Recipe = z.output<typeof recipe>;
/** A recipe as one writes it, with the defaults left out. */
export type RecipeInput = z.input<typeof recipe>;

/** Checks a recipe and fills in its defaults. Throws one UserError that lists every fault. A method that is not in the list is handed in. */
export function completeRecipe(given: RecipeInput, { method }: { readonly method?: Method } = {}): Recipe {
  const faults = recipeFaults(given, method);
  if (faults.length > 0) throw recipeError(faults);
  return recipe.parse(given);
}

/** Everything that is wrong with a recipe as it stands, in words. */
export function recipeFaults(given: RecipeInput, method?: Method): string[] {
  const parsed = recipe.safeParse(given);
  return [...(parsed.success ? [] : optionFaults(parsed.error, given)), ...nameFaults(given, method)];
}

/** The hash of a recipe's content: two runs of one id are the same experiment. */
export function recipeId(complete: Recipe): string {
  return createHash('sha256').update(canonical(complete)).digest('hex').slice(0, 12);
}

/** JSON with sorted keys, so that the order in which a recipe was written does not matter. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value === undefined ? null : value);
  const entries = Object.entries(value).filter(([, part]) => part !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(',')}}`;
}
