import type { z } from 'zod';
import { UserError } from '../errors';
import type { Labels } from '../losses/labels';
import type { Mode, Model, Output } from '../models/model';
import type { Module } from '../models/parameter';
import type { Random } from '../tensor/random';
import type * as tf from '../tensor/engine/tf';

/** The networks and the data that a method is to work with. */
export interface Setting {
  readonly student: Model;
  readonly teacher: Model | undefined;
  /** Training images: methods with memories keep a row for each. */
  readonly examples: number;
  /** The class of each training image. */
  readonly labels: ArrayLike<number>;
  readonly random: Random;
}

/** One batch as a method sees it. */
export interface Step {
  readonly student: Output;
  readonly teacher: Output;
  readonly labels: Labels;
  /** Positions of the examples in the training set. */
  readonly indices: Uint32Array;
  readonly mode: Mode;
}

/** Scalars by name, already weighted; their sum (with the label's cross entropy) is what is minimised. */
export type LossParts = Readonly<Record<string, tf.Scalar>>;

/** An exit branch on one of the student's stages. */
export interface Exit {
  readonly name: string;
  /** Counted from 1. */
  readonly stage: number;
  /** Its logits [batch, classes]. */
  logits(student: Output, mode: Mode): tf.Tensor2D;
}

/** A method made for one setting. */
export interface Distillation {
  /** Layers of its own, trained with the student and dropped afterwards. */
  readonly modules: Module;
  /** The parts of the loss beyond the label's. Called inside the differentiated closure. */
  loss(step: Step): LossParts;
  /** Its exit branches; absent where it has none. */
  readonly exits?: readonly Exit[];
  /** What it does after the gradients of a step, such as moving its memories. */
  afterStep?(): void;
}

/** A distillation method: its options with their published defaults, and how it is made. */
export interface Method<Options extends z.ZodTypeAny = z.ZodTypeAny> {
  readonly title: string;
  readonly source: string;
  readonly needsTeacher: boolean;
  /** Whether it reads the teacher's stages, and not its logits and penultimate features alone. */
  readonly readsStages?: true;
  readonly options: Options;
  create(options: z.output<Options>, setting: Setting): Distillation;
}

/** The teacher of a method that cannot be made without one. */
export function teacherOf({ teacher }: Setting): Model {
  if (!teacher)
    throw new UserError("This method needs a teacher: its own layers are as wide as the teacher's features.");
  return teacher;
}

/** Lets TypeScript infer a method's options from its schema. */
export function defineMethod<Options extends z.ZodTypeAny>(method: Method<Options>): Method<Options> {
  return method;
}
