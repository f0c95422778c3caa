import { z } from 'zod';
import { augmentation } from '../../data/transforms/augmentation';
import { contentId } from '../../io/contentId';
import { methodSpec, type MethodInput, type MethodSpec } from '../../methods/methods';
import { normalisation } from '../../models/weights/savedNormalisation';
import type { Precision } from '../../tensor/engine/execute';
import { optimizerSpec } from '../step/optimizer';
import { schedule } from './schedule';
import { count, teacherSpec } from './teacherSpec';

/** Number of training images, drawn evenly from the classes. Default: all of them. */
const trainImages = count.optional();

/** A data set of the user's own. */
const ownData = z
  .object({
    /** Folders of classes, or tar archives. */
    name: z.enum(['folder', 'shards']),
    path: z.string(),
    /** A folder with the same classes. Default: a share of `path` is held out. */
    validation: z.string().optional(),
    /** The share that is held out, if there is no validation folder. */
    split: z
      .object({ share: z.number().positive().lt(1).default(0.1), seed: z.number().int().safe().default(0) })
      .strict()
      .optional(),
    /** Hash of the images' names and classes: with other images it is another run. */
    contents: z.string().optional(),
    /** Mean and std of the pixels. Default: ImageNet's, which most teachers' weights expect. */
    normalisation: normalisation.optional(),
    trainImages,
  })
  .strict();
export type OwnData = z.output<typeof ownData>;

const dataSpec = z.discriminatedUnion('name', [
  z
    .object({
      name: z.enum(['cifar-100', 'synthetic']),
      trainImages,
      /**
       * Number of training images that replace the test set, for a search that must not see the test set. Training uses
       * the others.
       */
      heldOut: z.number().int().positive().optional(),
    })
    .strict(),
  ownData,
]);

/** Everything that determines a run's result, as a plain value. */
export const recipe = z
  .object({
    /** A network of lib/models. */
    student: z.string(),
    /**
     * Weights file from which the student starts; a classifier for other classes is left out. Default: random weights.
     */
    initial: z.string().optional(),
    /** Null for training without a teacher. */
    teacher: teacherSpec.nullable().default(null),
    method: methodSpec.default({ kind: 'scratch' }),
    data: dataSpec,
    /** Height and width of the networks' input in pixels. Default: the size of the stored images. */
    imageSize: count.optional(),
    /** Share of the resized test image that is cropped, if images are resized. Default: timm's 0.875. */
    cropShare: z.number().positive().max(1).optional(),
    epochs: count,
    /** Number of images of one update. */
    batchSize: count,
    /**
     * Number of micro-batches of a batch (gradient accumulation); the paper's eight GPUs have eight. Exact for losses
     * of single examples. Batch norm, mixing and losses between examples see one micro-batch at a time, as on each GPU.
     */
    accumulation: count.default(1),
    optimizer: optimizerSpec,
    learningRate: z.number().positive(),
    schedule,
    weightDecay: z.number().nonnegative(),
    /**
     * Applies weight decay to biases and other 1-D parameters too, as PyTorch does by default. Default: not to them.
     */
    decayEverything: z.literal(true).optional(),
    /** Maximum global norm of the gradients. Default: no clipping. */
    clipNorm: z.number().positive().optional(),
    /**
     * Precision of the products of student, teacher and branches. `float32`, the default: exact. `tf32`: steps round
     * the factors to TF32 on an NVIDIA GPU. `bfloat16`: mixed precision. Weights, norms, losses and the optimiser are
     * float32 in all cases.
     */
    precision: z
      .enum(['float32', 'tf32', 'bfloat16'])
      .optional()
      // Recipes that name the default are those that omit it.
      .transform((precision) => (precision === 'float32' ? undefined : precision)),
    labelSmoothing: z.number().min(0).max(1).default(0),
    /** Weight of the cross entropy with the labels: the released code's `gt-loss-weight`. */
    labelWeight: z.number().nonnegative().default(1),
    /** `binary`: one binary cross entropy per class, as timm's `bce-loss`. Default: softmax over the classes. */
    labelLoss: z.enum(['softmax', 'binary']).optional(),
    augmentation: augmentation.default('crop-flip'),
    /** Parameters of the beta distributions of mixup and cutmix. Each batch is mixed by one of the two. */
    mixing: z
      .object({ mixup: z.number().nonnegative().default(0), cutmix: z.number().nonnegative().default(0) })
      .strict()
      .optional(),
    /**
     * How often an epoch shows each of its images, with other augmentations; its length stays. timm's `aug-repeats`.
     */
    repeats: count.optional(),
    /**
     * Maximum rate of stochastic depth, timm's `drop-path`: with this probability an example skips a block of the
     * student in training. The network increases the rate over its blocks. Default: 0.
     */
    dropPath: z
      .number()
      .min(0)
      .lt(1, 'must be less than 1: with 1 no block of the student is trained')
      .optional()
      .transform((rate) => rate || undefined),
    /** Decay of a running average of the student's weights, which is evaluated and saved. Default: no average. */
    averageDecay: z.number().min(0).max(1).optional(),
    seed: z.number().int().safe().default(0),
    /** Number of epochs between evaluations. The last epoch is always evaluated. */
    evaluateEvery: count.default(1),
  })
  .strict()
  .superRefine(({ batchSize, accumulation }, context) => {
    if (batchSize % accumulation === 0) return;
    context.addIssue({ code: 'custom', path: ['accumulation'], message: `does not divide the batch of ${batchSize}` });
  });

/** The precision to which the networks of a recipe round factors. TF32 is a mode of the GPU instead. */
export function productPrecision({ precision }: Pick<Recipe, 'precision'>): Precision {
  return precision === 'bfloat16' ? 'bfloat16' : 'float32';
}

/** A complete recipe: `completeRecipe` has checked it and filled in its defaults. */
export type Recipe = z.output<typeof recipe>;

/**
 * A recipe as it is written: fields with a default are optional. The options of its method are those of the methods in
 * lib/methods, or those of `Input` for a method that is written elsewhere.
 */
export type RecipeInput<Input extends Pick<MethodSpec, 'kind'> = MethodInput> = Omit<
  z.input<typeof recipe>,
  'method'
> & { readonly method?: Input | undefined };

/** The hash of a recipe's content: two runs with the same id are the same experiment. */
export function recipeId(complete: Recipe): string {
  return contentId(complete);
}
