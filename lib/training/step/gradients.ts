import type { Batch } from '../../data/loading/batch';
import { binaryCrossEntropy } from '../../losses/binaryCrossEntropy';
import { crossEntropy } from '../../losses/crossEntropy';
import { labelDistribution, type Labels } from '../../losses/labels';
import type { Distillation, LossParts } from '../../methods/method';
import { needsTeacher, type TeacherOutput } from '../../methods/teacherAccess';
import type { DropPath, Model, Output } from '../../models/model';
import type { NamedParameter } from '../../models/parameter';
import * as tf from '../../tensor/engine/tf';
import { variableGrads } from '../../tensor/engine/variableGrads';
import { memoryFault } from './outOfMemory';

/** What one step minimises, and with respect to what. */
export interface Objective {
  readonly student: Model;
  /** Frozen; absent where the method needs none. */
  readonly teacher?: Model;
  readonly distillation: Distillation;
  /** The trained parameters by path, the student's and the method's own. */
  readonly trained: readonly NamedParameter[];
  readonly labelWeight: number;
  readonly labelSmoothing: number;
  /** Softmax over the classes unless told. */
  readonly labelLoss?: 'softmax' | 'binary';
}

/** A batch whose labels may be soft, and how often its examples skip blocks of the student. */
export interface LabelledBatch extends Pick<Batch, 'images' | 'indices'> {
  readonly labels: Labels;
  readonly dropPath?: DropPath;
  /** Returns the teacher's output on the images. Default: the teacher's forward pass. */
  readonly teacherOutput?: () => TeacherOutput;
}

export interface Gradients {
  /** Every part of the loss by name, weighted: the label's cross entropy and the method's. */
  readonly parts: Readonly<Record<string, number>>;
  /** By the parameter's path; the caller disposes them. */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
  /** The student's logits [batch, classes]; the caller disposes them. */
  readonly logits: tf.Tensor2D;
}

/** One forward and backward pass in training mode: loss parts, logits, and the gradient of their sum. */
export function differentiate(
  { student, teacher, distillation, trained, labelWeight, labelSmoothing, labelLoss }: Objective,
  { images, labels, indices, dropPath, teacherOutput: known }: LabelledBatch,
): Gradients {
  return tf.tidy(() => {
    // Outside the closure: what is not differentiated costs no memory, and cannot be trained by mistake.
    const teacherOutput = needsTeacher(distillation)
      ? (known?.() ?? teacher?.forward(images, { mode: 'eval' }))
      : undefined;
    let parts: LossParts = {};
    let output: Output | undefined;
    const { value, grads } = variableGrads(
      () => {
        output = student.forward(images, { mode: 'train', dropPath });
        tf.keep(output.logits);
        const perExample =
          labelLoss === 'binary'
            ? binaryCrossEntropy(output.logits, labelDistribution(labels, student.classes, labelSmoothing))
            : crossEntropy(output.logits, labels, { smoothing: labelSmoothing });
        const label = tf.mul<tf.Scalar>(tf.mean<tf.Scalar>(perExample), labelWeight);
        parts = {
          label,
          ...distillation.loss({ student: output, teacher: teacherOutput, labels, indices, mode: 'train' }),
        };
        for (const part of Object.values(parts)) tf.keep(part);
        return tf.sum<tf.Scalar>(tf.stack(Object.values(parts)));
      },
      trained.map(([, { variable }]) => variable),
    );
    distillation.afterMicroBatch();
    const numbers = tf.stack(Object.values(parts)).dataSync();
    const names = Object.keys(parts);
    tf.dispose([value, parts]);
    return {
      parts: Object.fromEntries(names.map((name, i) => [name, numbers[i]!])),
      gradients: byPath(grads, trained),
      logits: output!.logits,
    };
  });
}

/** Gradients that are known by the names of variables, by the paths of the parameters that have one. */
export function byPath(
  grads: Readonly<Record<string, tf.Tensor>>,
  trained: readonly NamedParameter[],
): Record<string, tf.Tensor> {
  return Object.fromEntries(
    trained.flatMap(([path, { variable }]) => (grads[variable.name] ? [[path, grads[variable.name]!] as const] : [])),
  );
}

/** How a micro-batch is shown to the student; the caller of `accumulate` frees neither its argument nor what it returns. */
export type Show = (micro: Batch, piece: number) => LabelledBatch;

/**
 * The same over a batch cut into micro-batches, each shown by itself, the means and gradients averaged. Batch norm and losses between
 * examples see each micro-batch on its own. Of a share of the micro-batches, what they add to these averages. Throws a UserError where
 * the memory does not suffice.
 */
export function accumulate(
  objective: Objective,
  batch: Batch,
  pieces: number,
  show: Show = (micro) => micro,
  { first, count } = { first: 0, count: pieces },
): Gradients {
  const size = batch.indices.length / pieces;
  let sum: Gradients | undefined;
  for (let piece = first; piece < first + count; piece++) {
    const micro = slice(batch, piece * size, size);
    const shown = show(micro, piece);
    try {
      const result = differentiate(objective, shown);
      sum = sum ? added(sum, result) : result;
    } catch (error) {
      throw memoryFault(error, size);
    } finally {
      tf.dispose([micro.images, micro.labels, shown.images, shown.labels]);
    }
  }
  return pieces === 1 ? sum! : divided(sum!, pieces);
}

function slice({ images, labels, indices }: Batch, start: number, size: number): Batch {
  return {
    images: tf.slice(images, [start], [size]),
    labels: tf.slice(labels, [start], [size]),
    indices: indices.slice(start, start + size),
  };
}

/** Both together; frees what it is given. */
function added(a: Gradients, b: Gradients): Gradients {
  const sum = tf.tidy(() => ({
    gradients: mapped(a.gradients, (gradient, path) => tf.add(gradient, b.gradients[path]!)),
    logits: tf.concat([a.logits, b.logits], 0),
  }));
  free(a, b);
  return { ...sum, parts: mapped(a.parts, (part, name) => part + b.parts[name]!) };
}

function divided({ gradients, logits, parts }: Gradients, pieces: number): Gradients {
  const means = tf.tidy(() => mapped(gradients, (gradient) => tf.div(gradient, pieces)));
  tf.dispose(Object.values(gradients));
  return { gradients: means, logits, parts: mapped(parts, (part) => part / pieces) };
}

function free(...results: readonly Gradients[]): void {
  for (const { gradients, logits } of results) tf.dispose([Object.values(gradients), logits]);
}

function mapped<T, U>(record: Readonly<Record<string, T>>, change: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
