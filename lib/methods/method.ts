import type { z } from 'zod';
import { UserError } from '../errors';
import type { Labels } from '../losses/labels';
import type { TrainedBranch } from '../models/branches/branchFile';
import type { Mode, Model, Output } from '../models/model';
import type { Module } from '../models/parameter';
import { Random } from '../tensor/random';
import type * as tf from '../tensor/engine/tf';
import type { Draw } from '../tensor/engine/trace';
import {
  missingTeacher,
  teacherOfSetting,
  teacherOfStep,
  type TeacherAccess,
  type TeacherOfSetting,
  type TeacherOfStep,
  type TeacherOutput,
} from './teacherAccess';

/**
 * What the loss of one example depends on, which decides how a batch may be split:
 * - `example`: on this example alone. Gradient accumulation and several processes give the loss of the whole batch.
 * - `microBatch`: on the other examples of its micro-batch too. Splitting is possible; each micro-batch has a loss of
 *   its own.
 * - `memory`: on what the method keeps of earlier micro-batches. Gradient accumulation is possible; several processes
 *   are refused, because each would keep a different memory.
 */
export type LossScope = 'example' | 'microBatch' | 'memory';

interface SettingWithoutTeacher {
  readonly student: Model;
  /** Number of training images. */
  readonly examples: number;
  /** The class of each training image [examples]. */
  readonly labels: ArrayLike<number>;
  readonly random: Random;
}

/** The networks and the data that a method is created for. `teacher` exists if the method reads it. */
export type Setting<Access extends TeacherAccess> = SettingWithoutTeacher & TeacherOfSetting[Access];

/** What the draws of a micro-batch read. */
export interface DrawContext {
  /** Random numbers of this micro-batch. */
  readonly random: Random;
  /** Positions of the examples in the training set [batch]. */
  readonly indices: Uint32Array;
}

interface StepWithoutTeacher {
  readonly student: Output;
  readonly labels: Labels;
  /** Positions of the examples in the training set [batch]. */
  readonly indices: Uint32Array;
  readonly mode: Mode;
}

interface StepWithDraws extends StepWithoutTeacher {
  /** Makes the tensors that are drawn for this micro-batch. A compiled step repeats the draws, and not `loss`. */
  readonly draw: Draw<DrawContext>;
}

/** One micro-batch. `teacher` has exactly the fields that the method declares to read. */
export type Step<Access extends TeacherAccess> = StepWithDraws & TeacherOfStep[Access];

/** Weighted scalars by name. Their sum, together with the cross entropy with the labels, is minimised. */
export type LossParts = Readonly<Record<string, tf.Scalar>>;

/** An exit branch on one of the student's stages. */
export interface Exit {
  readonly name: string;
  /** Counted from 1. */
  readonly stage: number;
  /** Returns the branch's logits [batch, classes]. */
  logits(student: Output, mode: Mode): tf.Tensor2D;
  /** The branch, to be saved after training. */
  readonly trained?: TrainedBranch;
}

/** What `create` of a method returns: the method for one student and teacher. */
export interface Implementation<Access extends TeacherAccess> {
  /** Layers of its own. They are trained with the student and dropped afterwards. Checkpoints store them. */
  readonly modules: Module;
  /** Computes the parts of the loss beyond the labels' cross entropy. Called inside the differentiated function. */
  loss(step: Step<Access>): LossParts;
  /** The exit branches, if the method has any. */
  readonly exits?: readonly Exit[];
  /** Updates the memory. Called after the backward pass of each micro-batch and before the optimiser's step. */
  afterMicroBatch?(): void;
}

/** A distillation method as its author writes it. */
export interface MethodDefinition<Options extends z.ZodTypeAny, Access extends TeacherAccess> {
  readonly title: string;
  /** Paper and code that it follows. */
  readonly source: string;
  readonly readsTeacher: Access;
  readonly scope: LossScope;
  /** Whether its loss reads numbers from tensors, which a compiled training step cannot do. Default: false. */
  readonly readsNumbers?: boolean;
  /** Fewest examples of a micro-batch with which the loss has a gradient. Default: 1. */
  readonly minExamples?: number;
  /** Its options with their published defaults. */
  readonly options: Options;
  create(options: z.output<Options>, setting: Setting<Access>): Implementation<Access>;
}

/** Arguments of any method's `create`; the teacher may be missing if the method does not read it. */
export type MethodSetting = SettingWithoutTeacher & { readonly teacher?: Model | undefined };

/** Arguments of any distillation's `loss`; the teacher's output may be missing if the method does not read it. */
export type DistillationStep = StepWithoutTeacher & {
  readonly teacher?: TeacherOutput | undefined;
  /** Default: draws from the random numbers of seed 0. */
  readonly draw?: Draw<DrawContext>;
};

/** A method created for one student and teacher, as training uses it. */
export interface Distillation {
  readonly title: string;
  readonly readsTeacher: TeacherAccess;
  readonly scope: LossScope;
  readonly readsNumbers: boolean;
  readonly modules: Module;
  readonly exits?: readonly Exit[] | undefined;
  /** Computes the parts of the loss. Throws if the step lacks something of the teacher that the method reads. */
  loss(step: DistillationStep): LossParts;
  /** Updates the memory, if the method has one. Call it after the backward pass of each micro-batch. */
  afterMicroBatch(): void;
}

/** A distillation method as training uses it. */
export interface Method<Options extends z.ZodTypeAny = z.ZodTypeAny> {
  readonly title: string;
  readonly source: string;
  readonly readsTeacher: TeacherAccess;
  readonly scope: LossScope;
  /** Fewest examples of a micro-batch with which the loss has a gradient. */
  readonly minExamples: number;
  readonly options: Options;
  /** Source text of `create`: runs of two methods with the same name and different code are different runs. */
  readonly code: string;
  /** Creates the method for these networks. Throws a UserError if it reads a teacher and there is none. */
  create(options: z.output<Options>, setting: MethodSetting): Distillation;
}

/**
 * Makes a method of its definition. The method's own code receives no more of the teacher than it declares in
 * `readsTeacher`, at compile time and at run time. Throws if it has `afterMicroBatch` without the scope `memory`, or
 * the reverse.
 */
export function defineMethod<Options extends z.ZodTypeAny, Access extends TeacherAccess>(
  definition: MethodDefinition<Options, Access>,
): Method<Options> {
  const { title, source, readsTeacher, scope, readsNumbers = false, minExamples = 1, options } = definition;
  return {
    title,
    source,
    readsTeacher,
    scope,
    minExamples,
    options,
    code: definition.create.toString(),
    create(given, { student, teacher, examples, labels, random }) {
      const missing = missingTeacher({ title, readsTeacher }, teacher !== undefined);
      if (missing !== undefined) throw new UserError(`${missing[0]!.toUpperCase()}${missing.slice(1)}.`);
      const setting = { student, examples, labels, random, ...teacherOfSetting[readsTeacher](teacher) };
      const implementation = definition.create(given, setting);
      checkScope(title, scope, implementation.afterMicroBatch !== undefined);
      return {
        title,
        readsTeacher,
        scope,
        readsNumbers,
        modules: implementation.modules,
        exits: implementation.exits,
        loss: ({ student: output, teacher: teacherOutput, labels: batchLabels, indices, draw, mode }) =>
          implementation.loss({
            student: output,
            labels: batchLabels,
            indices,
            draw: draw ?? ((make) => make({ random: new Random(0), indices })),
            mode,
            ...teacherOfStep[readsTeacher](teacherOutput),
          }),
        afterMicroBatch: () => implementation.afterMicroBatch?.(),
      };
    },
  };
}

function checkScope(title: string, scope: LossScope, hasHook: boolean): void {
  if (hasHook === (scope === 'memory')) return;
  throw new UserError(
    hasHook
      ? `Method ${title} has afterMicroBatch and the scope "${scope}". Declare the scope "memory", or remove the hook.`
      : `Method ${title} has the scope "memory" and no afterMicroBatch to update it. Add the hook, or change scope.`,
  );
}
