import { z } from 'zod';
import { profiles } from '../../profile';

/** Per cent, 0 to 100. */
const percent = z.number().min(0).max(100);

/** The weighted parts of the loss by name (`label`, `logits`, `branch1`, …), each averaged over the epoch. */
const parts = z.record(z.number());

/** The measurements of one epoch. */
export const epochRecord = z
  .object({
    /** Counted from 1. */
    epoch: z.number().int().min(1),
    /** Sum of the parts. */
    loss: z.number(),
    parts,
    /** On the test images after this epoch; omitted if the epoch was not evaluated. */
    top1: percent.optional(),
    top5: percent.optional(),
    /** Top-1 of the raw weights, if `top1` is that of their running average. */
    top1Unaveraged: percent.optional(),
    /** Expected calibration error over 15 bins, in per cent. */
    calibrationError: percent.optional(),
    /** Test images for which student and teacher predict the same class, in per cent. */
    agreement: percent.optional(),
    learningRate: z.number().min(0),
    imagesPerSecond: z.number().min(0),
    seconds: z.number().min(0),
    /** Fraction of `seconds` that steps waited for their images. */
    dataShare: z.number().min(0).max(1).optional(),
    /** The teacher's outputs came from the cache of an earlier run, whose time is not in `seconds`. */
    teacherCached: z.literal(true).optional(),
    /** Number of unreadable images left out so far. */
    unreadable: z.number().int().min(1).optional(),
  })
  .strict();

/** The machine of a run. */
export const machineRecord = z
  .object({
    processor: z.string(),
    cores: z.number().int().min(1),
    memoryGB: z.number().min(0),
    /** Name of the accelerator; omitted on a machine without one. */
    gpu: z.string().optional(),
  })
  .strict();

/** A weight file. */
export const weightsRecord = z
  .object({
    path: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  })
  .strict();

/**
 * The input files of a run: the teacher's weights, the student's initial ones, and the file that defines networks of
 * the user, whose path is empty for networks of a notebook.
 */
export const givenWeightsRecord = z
  .object({
    teacher: weightsRecord.optional(),
    /** Weights of further teachers, in their order. */
    others: z.array(weightsRecord).optional(),
    initial: weightsRecord.optional(),
    networks: weightsRecord.optional(),
  })
  .strict();

/** A finished run: recipe, provenance and results. One line of JSON in `data/results`. */
export const runRecord = z
  .object({
    /** Hash of recipe and seed, shared by a job and its record. */
    id: z.string().min(1),
    /** The table or figure that the run belongs to. */
    experiment: z.string().min(1),
    /** The row of that table, the same for all seeds of a recipe. */
    row: z.string().min(1),
    profile: z.enum(profiles),
    /** `cifar-100`, `synthetic`, or the name of an image folder. */
    dataset: z.string().min(1),
    teacher: z.string().nullable(),
    student: z.string().min(1),
    /** The method's kind; its settings are in `recipe`. */
    method: z.string().min(1),
    /** The complete recipe. */
    recipe: z.record(z.unknown()),
    seed: z.number().int(),
    epochs: z.number().int().min(1),
    /** Number of training images of an epoch. */
    images: z.number().int().min(1),
    commit: z.string().min(1),
    /** Whether the working tree differed from the commit. */
    dirty: z.boolean(),
    /** See `trainingVersion`. */
    trainingVersion: z.number().int().min(1).default(1),
    machine: machineRecord,
    /** Other commits or machines that resumed the run. */
    continuedBy: z
      .array(z.object({ commit: z.string().min(1), dirty: z.boolean(), machine: machineRecord }).strict())
      .optional(),
    threads: z.number().int().min(1),
    /** Number of processes that shared each batch, each with `threads` threads; omitted for one process. */
    processes: z.number().int().min(2).optional(),
    /** Versions of `node`, `tensorflow`, `tfjs` and other dependencies. */
    versions: z.record(z.string()),
    started: z.string().datetime(),
    seconds: z.number().min(0),
    /** The command that repeats the run. */
    command: z.string().min(1),
    /** The result: top-1 after the last epoch. */
    top1: percent,
    top5: percent,
    /**
     * Top-1 of the best epoch on the test images, as the released code reports it. Shown beside the result, never
     * instead.
     */
    bestTop1: percent,
    teacherTop1: percent.optional(),
    history: z.array(epochRecord),
    /**
     * Further measurements: `numbersSaved` (values in the student's weight file), the student's `parameters` and
     * `multiplyAdds`, and the `methodParameters` and `methodMultiplyAdds` that the method adds during training.
     */
    measures: z.record(z.number()).optional(),
    /** The trained weights; the path is relative to the project's root. */
    weights: weightsRecord.optional(),
    /** The input weights, at the paths of the recipe; omitted without any, and in older records. */
    givenWeights: givenWeightsRecord.optional(),
  })
  .strict();

/** The abbreviated commit of a run, with a plus if the working tree differed from it. */
export const commitText = ({ commit, dirty }: Pick<RunRecord, 'commit' | 'dirty'>): string =>
  commit.slice(0, 7) + (dirty ? '+' : '');

export type EpochRecord = z.infer<typeof epochRecord>;
export type MachineRecord = z.infer<typeof machineRecord>;
export type RunRecord = z.infer<typeof runRecord>;
