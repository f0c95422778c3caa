import { z } from 'zod';
import { profiles } from '../../profile';

/** Accuracy as the paper's tables print it: per cent, 0 to 100. */
const percent = z.number().min(0).max(100);

/** The loss by its named parts (`label`, `logits`, `branch1`, …), each a mean over the epoch, already weighted. */
const parts = z.record(z.number());

/** One epoch of training as it was measured. */
export const epochRecord = z
  .object({
    /** Counted from 1. */
    epoch: z.number().int().min(1),
    /** Sum of the parts. */
    loss: z.number(),
    parts,
    /** On the test images, after this epoch; absent where an epoch was not evaluated. */
    top1: percent.optional(),
    top5: percent.optional(),
    /** Of the weights themselves, where their running average is what counts. */
    top1Unaveraged: percent.optional(),
    /** Expected calibration error over 15 bins. */
    calibrationError: percent.optional(),
    /** Test images for which student and teacher name the same class. */
    agreement: percent.optional(),
    learningRate: z.number().min(0),
    imagesPerSecond: z.number().min(0),
    seconds: z.number().min(0),
    /** The share of these seconds in which a step waited for its images. */
    dataShare: z.number().min(0).max(1).optional(),
    /** The teacher had been asked by an earlier run, which is not in these seconds. */
    teacherCached: z.literal(true).optional(),
    /** Images that could not be read so far, and were left out. */
    unreadable: z.number().int().min(1).optional(),
  })
  .strict();

/** The machine that a run was measured on. */
export const machineRecord = z
  .object({
    processor: z.string(),
    cores: z.number().int().min(1),
    memoryGB: z.number().min(0),
    /** The accelerator's name; absent on a machine without one. */
    gpu: z.string().optional(),
  })
  .strict();

/** A file of weights. */
export const weightsRecord = z
  .object({
    path: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  })
  .strict();

/** The weights that a run was given: those of its teacher, and those that its student started from. */
export const givenWeightsRecord = z
  .object({ teacher: weightsRecord.optional(), initial: weightsRecord.optional() })
  .strict();

/** A finished run: what was trained, how to repeat it, and what came out. One line of JSON in `data/results`. */
export const runRecord = z
  .object({
    /** Hash of the recipe and the seed: a job and its record share it. */
    id: z.string().min(1),
    /** The table or figure that the run belongs to. */
    experiment: z.string().min(1),
    /** The row of it, the same for all seeds of one recipe. */
    row: z.string().min(1),
    profile: z.enum(profiles),
    /** `cifar-100`, `synthetic`, or the name of a folder of images. */
    dataset: z.string().min(1),
    teacher: z.string().nullable(),
    student: z.string().min(1),
    /** The method's name; its settings (γ, form, stages, weights) stand in `recipe`. */
    method: z.string().min(1),
    /** The exact recipe as a plain value. */
    recipe: z.record(z.unknown()),
    seed: z.number().int(),
    epochs: z.number().int().min(1),
    /** Training images of one epoch. */
    images: z.number().int().min(1),
    commit: z.string().min(1),
    /** Whether the working tree differed from the commit. */
    dirty: z.boolean(),
    machine: machineRecord,
    /** Commits and machines that went on with what the first had begun, where they are others. */
    continuedBy: z
      .array(z.object({ commit: z.string().min(1), dirty: z.boolean(), machine: machineRecord }).strict())
      .optional(),
    threads: z.number().int().min(1),
    /** Processes that shared each batch, with so many threads each; absent: one. */
    processes: z.number().int().min(2).optional(),
    /** Of `node`, `tensorflow`, `tfjs` and whatever else matters. */
    versions: z.record(z.string()),
    started: z.string().datetime(),
    seconds: z.number().min(0),
    /** The line that makes this record again. */
    command: z.string().min(1),
    /** After the last epoch: the result. */
    top1: percent,
    top5: percent,
    /** The best epoch on the test images, as the released code reports it: shown beside the result, never instead. */
    bestTop1: percent,
    teacherTop1: percent.optional(),
    history: z.array(epochRecord),
    /**
     * Further measures by name: `numbersSaved` in the student's file, its `parameters` and `multiplyAdds`, `methodParameters` and
     * `methodMultiplyAdds` of what its method added in training. Calibration and agreement stand in the last epoch.
     */
    measures: z.record(z.number()).optional(),
    /** What it left behind; the path is relative to the project's root. */
    weights: weightsRecord.optional(),
    /** By the paths of its recipe; absent where it was given none, and in records of before this was noted. */
    givenWeights: givenWeightsRecord.optional(),
  })
  .strict();

/** The commit of a run in short, with a plus where the files differed from it. */
export const commitText = ({ commit, dirty }: Pick<RunRecord, 'commit' | 'dirty'>): string =>
  commit.slice(0, 7) + (dirty ? '+' : '');

export type EpochRecord = z.infer<typeof epochRecord>;
export type MachineRecord = z.infer<typeof machineRecord>;
export type RunRecord = z.infer<typeof runRecord>;
