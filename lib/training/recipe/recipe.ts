import { createHash } from 'node:crypto';
import { z } from 'zod';
import { augmentation } from '../../data/transforms/augmentation';
import { schemaErrors } from '../../errors';
import type { Method } from '../../methods/method';
import { methodSpec, type MethodInput, type MethodSpec, type OwnMethodInput } from '../../methods/methods';
import { normalisation } from '../../models/weights/savedNormalisation';
import { nameFaults, recipeError } from '../setup/settingErrors';
import { optimizerSpec } from '../step/optimizer';
import { schedule } from './schedule';

/** A number of things, small enough to be exact. */
const count = z.number().int().positive().safe();

/** Training images, drawn evenly from the classes; all of them unless told. */
const trainImages = count.optional();

/** Images of one's own. */
const ownData = z
  .object({
    /** Folders of classes, or tar archives. */
    name: z.enum(['folder', 'shards']),
    path: z.string(),
    /** A folder with the same classes; else a share of the first one is held out. */
    validation: z.string().optional(),
    split: z
      .object({ share: z.number().positive().lt(1).default(0.1), seed: z.number().int().safe().default(0) })
      .strict()
      .optional(),
    /** Hash of the images' names and classes: other images make another run. */
    contents: z.string().optional(),
    /** By which the pixels are normalised, where the teacher's weights want other than ImageNet's mean and deviation. */
    normalisation: normalisation.optional(),
    trainImages,
  })
  .strict();
export type OwnData = z.output<typeof ownData>;

/** Where the images come from. */
const dataSpec = z.discriminatedUnion('name', [
  z
    .object({
      name: z.enum(['cifar-100', 'synthetic']),
      trainImages,
      /** Training images that take the place of the test set, which a search must not see; what is trained on is drawn from the others. */
      heldOut: z.number().int().positive().optional(),
    })
    .strict(),
  ownData,
]);

/** Everything that decides a run's result, as a plain value. */
export const recipe = z
  .object({
    student: z.string(),
    /** Weights that the student starts from; its classifier starts fresh where theirs is for other classes. Absent: all fresh. */
    initial: z.string().optional(),
    /** A network and the weights that make it a teacher; null for training from scratch. */
    teacher: z.object({ model: z.string(), weights: z.string() }).strict().nullable().default(null),
    method: methodSpec.default({ kind: 'scratch' }),
    data: dataSpec,
    /** Side of the square that the networks see; absent: the images' own. */
    imageSize: count.optional(),
    /** Share of the resized test image that the square takes, where images are resized; timm's 0.875 unless told. */
    cropShare: z.number().positive().max(1).optional(),
    epochs: count,
    /** Images of one update. */
    batchSize: count,
    /**
     * Micro-batches that a batch is cut into, as the paper's eight GPUs cut it. Exact for losses of single examples; batch norm,
     * mixing and losses between examples see each micro-batch on its own, as on each of those GPUs.
     */
    accumulation: count.default(1),
    optimizer: optimizerSpec,
    learningRate: z.number().positive(),
    schedule,
    weightDecay: z.number().nonnegative(),
    /** Decays biases and other 1-D parameters too, as PyTorch's optimisers do by themselves; absent: spares them. */
    decayEverything: z.literal(true).optional(),
    /** Largest global norm of the gradients; absent: not clipped. */
    clipNorm: z.number().positive().optional(),
    /** Absent: float32. `bfloat16`: products of student, teacher and branches in mixed precision; weights, norms, losses and the optimiser stay float32. */
    precision: z.literal('bfloat16').optional(),
    labelSmoothing: z.number().min(0).max(1).default(0),
    /** Weight of the label's cross entropy: the released code's `gt-loss-weight`. */
    labelWeight: z.number().nonnegative().default(1),
    /** Absent: softmax over the classes; `binary`: a question for each class, as timm's `bce-loss`. */
    labelLoss: z.enum(['softmax', 'binary']).optional(),
    augmentation: augmentation.default('crop-flip'),
    /** Both parameters of the beta distributions from which mixup and cutmix draw their shares; a batch is mixed by the one or the other. */
    mixing: z
      .object({ mixup: z.number().nonnegative().default(0), cutmix: z.number().nonnegative().default(0) })
      .strict()
      .optional(),
    /** Times that each image of an epoch is shown, augmented anew, while the epoch keeps its length: timm's `aug-repeats`. */
    repeats: count.optional(),
    /** Largest rate at which a block of the student is left out for an example in training (stochastic depth), timm's `drop-path`; the network spreads it over its blocks. Absent: 0. */
    dropPath: z
      .number()
      .min(0)
      .lt(1)
      .optional()
      .transform((rate) => rate || undefined),
    /** Keeps a running average of the student's weights with this decay: it is what is evaluated and saved. */
    averageDecay: z.number().min(0).max(1).optional(),
    seed: z.number().int().safe().default(0),
    /** Epochs between evaluations; the last epoch is always evaluated. */
    evaluateEvery: count.default(1),
  })
  .strict()
  .superRefine(({ batchSize, accumulation }, context) => {
    if (batchSize % accumulation !== 0)
      context.addIssue({
        code: 'custom',
        path: ['accumulation'],
        message: `does not divide the batch of ${batchSize}`,
      });
  });

export type Recipe = z.output<typeof recipe>;
/**
 * A recipe as it is written: fields with a default may be left out. The options of its method are those of the methods in
 * lib/methods, or those of `Input`, for a method that is written elsewhere.
 */
export type RecipeInput<Input extends { readonly kind: string } = MethodInput> = Omit<
  z.input<typeof recipe>,
  'method'
> & {
  readonly method?: Input | undefined;
};

/** Checks a recipe and fills in its defaults. Throws one UserError that lists everything that is wrong. */
export function completeRecipe(given: RecipeInput): Recipe;
/** The same for a method that is not in lib/methods: it replaces the method that the recipe names. */
export function completeRecipe<Options extends z.ZodTypeAny>(
  given: RecipeInput<OwnMethodInput<Options>>,
  own: { readonly method: Method<Options> },
): Recipe;
export function completeRecipe(given: RecipeInput<MethodSpec>, own?: { readonly method: Method }): Recipe {
  return parseRecipe(given, own?.method);
}

/** The same for a recipe whose method TypeScript does not know, for example from a file: its options are checked at run time only. */
export function parseRecipe(given: RecipeInput<MethodSpec>, method?: Method): Recipe {
  const faults = recipeFaults(given, method);
  if (faults.length > 0) throw recipeError(faults);
  return recipe.parse(given);
}

/** Everything that is wrong with a recipe as it stands, in words. */
export function recipeFaults(given: RecipeInput<MethodSpec>, method?: Method): string[] {
  const parsed = recipe.safeParse(given);
  return [...(parsed.success ? [] : schemaErrors(parsed.error, given)), ...nameFaults(given, method)];
}

/** The hash of a recipe's content: two runs of one id are the same experiment. */
export function recipeId(complete: Recipe): string {
  return createHash('sha256').update(canonical(complete)).digest('hex').slice(0, 12);
}

/** JSON with sorted keys, so that the order in which a recipe was written does not matter. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value === undefined ? null : value);
  const entries = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(',')}}`;
}
