import { disposeBatch, mapImages, type Batch, type TrainingImages } from '../../data/loading/batch';
import { binaryCrossEntropy } from '../../losses/binaryCrossEntropy';
import { crossEntropy } from '../../losses/crossEntropy';
import { labelDistribution, type Labels } from '../../losses/labels';
import type { Distillation, DrawContext, LossParts } from '../../methods/method';
import { needsTeacher } from '../../methods/teacherAccess';
import type { Model, Output, Pass } from '../../models/model';
import { parameters, type NamedParameter } from '../../models/parameter';
import * as tf from '../../tensor/engine/tf';
import type { Draw } from '../../tensor/engine/trace';
import { Random } from '../../tensor/random';
import { variableGrads } from '../../tensor/engine/variableGrads';
import { disposeLabelled, imagesAndLabels, type LabelledBatch } from './labelledBatch';
import { explainOutOfMemory } from './outOfMemory';

/** What a training step minimises, and by which parameters. */
export interface Objective {
  readonly student: Model;
  /** Frozen. Missing if the method does not read a teacher. */
  readonly teacher?: Model;
  readonly distillation: Distillation;
  /** The trained parameters of the student and of the method. */
  readonly trained: readonly NamedParameter[];
  /** Weight of the cross entropy with the labels. */
  readonly labelWeight: number;
  readonly labelSmoothing: number;
  /** Cross entropy over the classes together, or for each class alone. Default: softmax. */
  readonly labelLoss?: 'softmax' | 'binary';
}

export interface Gradients {
  /** Every weighted part of the loss: the cross entropy with the labels, and the parts of the method. */
  readonly parts: Readonly<Record<string, number>>;
  /** Gradients by the path of the parameter. The caller frees them. */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
  /** The student's logits [batch, classes]. The caller frees them. */
  readonly logits: tf.Tensor2D;
}

/** The same as `Gradients`, before numbers are read. The caller frees all tensors. */
export interface GradientTensors extends Omit<Gradients, 'parts'> {
  readonly parts: LossParts;
}

/**
 * One forward and backward pass in training mode. Returns the loss parts, the logits, and the gradient of the sum of
 * the parts.
 */
export function differentiate(objective: Objective, batch: LabelledBatch): Gradients {
  const context = contextOf(batch);
  const { parts, ...tensors } = gradientTensors(objective, batch, (make) => make(context));
  const numbers = tf.tidy(() => tf.stack(Object.values(parts)).dataSync());
  tf.dispose({ ...parts });
  return { ...tensors, parts: numbersOf(Object.keys(parts), numbers) };
}

/** Like `differentiate`, without reading numbers. */
export function gradientTensors(objective: Objective, batch: LabelledBatch, draw: Draw<DrawContext>): GradientTensors {
  const { student, teacher, distillation, trained } = objective;
  const { indices, dropPath: rate } = batch;
  return tf.tidy(() => {
    const { images, labels } = imagesAndLabels(batch, student.classes);
    // The teacher runs outside the differentiated function, which keeps nothing of it for the backward pass.
    const teacherOutput = needsTeacher(distillation)
      ? (batch.teacherOutput?.() ?? teacher?.forward(images, { mode: 'eval' }))
      : undefined;
    const pass: Pass = { mode: 'train', ...(rate && { dropPath: { rate, draw } }) };
    let output: Output | undefined;
    let parts: LossParts = {};
    const loss = (): tf.Scalar => {
      output = student.forward(images, pass);
      const step = { student: output, teacher: teacherOutput, labels, indices, draw, mode: 'train' } as const;
      parts = { label: labelLoss(objective, output.logits, labels), ...distillation.loss(step) };
      for (const tensor of [output.logits, ...Object.values(parts)]) tf.keep(tensor);
      return tf.sum<tf.Scalar>(tf.stack(Object.values(parts)));
    };
    const { value, gradients } = lossGradients(loss, trained);
    distillation.afterMicroBatch();
    value.dispose();
    return { parts, gradients, logits: output!.logits };
  });
}

/** What the draws of a micro-batch read. */
export function contextOf({ random = new Random(0), indices }: LabelledBatch): DrawContext {
  return { random, indices };
}

/**
 * The parameters of a student and of its method that a step updates. Their paths begin with `student.` and `method.`.
 */
export function trainedParameters(student: Model, { modules }: Pick<Distillation, 'modules'>): NamedParameter[] {
  const all = [...parameters(student, 'student.'), ...parameters(modules, 'method.')];
  return all.filter(([, { trainable }]) => trainable);
}

/**
 * Computes a loss and its gradients by the path of the parameter. Parameters that the loss does not depend on are left
 * out.
 */
export function lossGradients(
  loss: () => tf.Scalar,
  trained: readonly NamedParameter[],
): { readonly value: tf.Scalar; readonly gradients: Readonly<Record<string, tf.Tensor>> } {
  const { value, grads } = variableGrads(
    loss,
    trained.map(([, { variable }]) => variable),
  );
  const gradients = trained.flatMap(([path, { variable }]) => {
    const gradient = grads[variable.name];
    return gradient ? [[path, gradient] as const] : [];
  });
  return { value, gradients: Object.fromEntries(gradients) };
}

/** Consecutive micro-batches of a batch. */
export interface MicroBatchRange {
  readonly first: number;
  readonly count: number;
}

/** Makes of a micro-batch what a step receives. `labelledMicroBatches` frees both. */
export type PrepareMicroBatch = (microBatch: Batch<TrainingImages>, microBatchIndex: number) => LabelledBatch;

/**
 * Gradients over a batch that is cut into micro-batches: the means of loss parts and gradients over the micro-batches.
 * Batch norm and losses between examples see one micro-batch at a time. For a `range` of the micro-batches, returns
 * what they add to the means. Throws a UserError if memory runs out.
 */
export function accumulate(
  differentiateMicroBatch: (microBatch: LabelledBatch) => Gradients,
  batch: Batch<TrainingImages>,
  microBatchCount: number,
  prepare: PrepareMicroBatch = (microBatch) => microBatch,
  range: MicroBatchRange = { first: 0, count: microBatchCount },
): Gradients {
  let sum: Gradients | undefined;
  for (const labelled of labelledMicroBatches(batch, microBatchCount, prepare, range)) {
    try {
      const result = differentiateMicroBatch(labelled);
      sum = sum ? added(sum, result) : result;
    } catch (error) {
      throw explainOutOfMemory(error, labelled.indices.length);
    }
  }
  return microBatchCount === 1 ? sum! : divided(sum!, microBatchCount);
}

/** The micro-batches of a batch as a step receives them. Each is freed when the next one is requested. */
export function* labelledMicroBatches(
  batch: Batch<TrainingImages>,
  microBatchCount: number,
  prepare: PrepareMicroBatch,
  range: MicroBatchRange = { first: 0, count: microBatchCount },
): Generator<LabelledBatch, void> {
  const size = batch.indices.length / microBatchCount;
  for (let index = range.first; index < range.first + range.count; index++) {
    const microBatch = slice(batch, index * size, size);
    const labelled = prepare(microBatch, index);
    try {
      yield labelled;
    } finally {
      disposeBatch(microBatch);
      disposeLabelled(labelled);
    }
  }
}

function labelLoss({ student, ...objective }: Objective, logits: tf.Tensor2D, labels: Labels): tf.Scalar {
  const { labelWeight, labelSmoothing: smoothing } = objective;
  const perExample =
    objective.labelLoss === 'binary'
      ? binaryCrossEntropy(logits, labelDistribution(labels, student.classes, smoothing))
      : crossEntropy(logits, labels, { smoothing });
  return tf.mul<tf.Scalar>(tf.mean<tf.Scalar>(perExample), labelWeight);
}

/** Numbers by the names of the loss parts. */
export function numbersOf(names: readonly string[], numbers: ArrayLike<number>): Record<string, number> {
  return Object.fromEntries(names.map((name, i) => [name, numbers[i]!]));
}

/** A batch that is not cut is not copied. */
function slice({ images, labels, indices }: Batch<TrainingImages>, start: number, size: number): Batch<TrainingImages> {
  const rows = <T extends tf.Tensor>(x: T): T => (size === indices.length ? tf.clone(x) : tf.slice(x, [start], [size]));
  return { images: mapImages(images, rows), labels: rows(labels), indices: indices.slice(start, start + size) };
}

/** Adds two results and frees both. */
function added(a: Gradients, b: Gradients): Gradients {
  const sum = tf.tidy(() => ({
    gradients: mapped(a.gradients, (gradient, path) => tf.add(gradient, b.gradients[path]!)),
    logits: tf.concat([a.logits, b.logits], 0),
  }));
  for (const { gradients, logits } of [a, b]) tf.dispose([Object.values(gradients), logits]);
  return { ...sum, parts: mapped(a.parts, (part, name) => part + b.parts[name]!) };
}

/** Divides parts and gradients, and frees the gradients that it is given. */
function divided({ gradients, logits, parts }: Gradients, count: number): Gradients {
  const means = tf.tidy(() => mapped(gradients, (gradient) => tf.div(gradient, count)));
  tf.dispose(Object.values(gradients));
  return { gradients: means, logits, parts: mapped(parts, (part) => part / count) };
}

function mapped<T, U>(record: Readonly<Record<string, T>>, change: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
