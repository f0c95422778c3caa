import type { Batch } from '../data/batches';
import { crossEntropy } from '../losses/crossEntropy';
import type { Distillation, LossParts } from '../methods/method';
import type { Model, Output } from '../models/model';
import type { Named } from '../models/parameter';
import * as tf from '../tensor/tf';

/** What one step minimises, and with respect to what. */
export interface Objective {
  readonly student: Model;
  /** Frozen; absent where the method needs none. */
  readonly teacher?: Model;
  readonly distillation: Distillation;
  /** The trained parameters by path, the student's and the method's own. */
  readonly trained: readonly Named[];
  readonly labelWeight: number;
  readonly labelSmoothing: number;
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
export function differentiate({ student, teacher, distillation, trained, labelWeight, labelSmoothing }: Objective, { images, labels, indices }: Batch): Gradients {
  return tf.tidy(() => {
    // Outside the closure: what is not differentiated costs no memory, and cannot be trained by mistake.
    const taught = teacher?.forward(images, { mode: 'eval' });
    let parts: LossParts = {};
    let output: Output | undefined;
    const { value, grads } = tf.variableGrads(() => {
      output = student.forward(images, { mode: 'train' });
      tf.keep(output.logits);
      const label = tf.mul<tf.Scalar>(tf.mean<tf.Scalar>(crossEntropy(output.logits, labels, { smoothing: labelSmoothing })), labelWeight);
      // A method that needs no teacher never looks at one.
      parts = { label, ...distillation.loss({ student: output, teacher: taught ?? output, labels, indices, mode: 'train' }) };
      for (const part of Object.values(parts)) tf.keep(part);
      return tf.sum<tf.Scalar>(tf.stack(Object.values(parts)));
    }, trained.map(([, { variable }]) => variable));
    distillation.afterStep?.();
    const numbers = tf.stack(Object.values(parts)).dataSync();
    const names = Object.keys(parts);
    tf.dispose([value, parts]);
    return {
      parts: Object.fromEntries(names.map((name, i) => [name, numbers[i]!])),
      gradients: Object.fromEntries(trained.flatMap(([path, { variable }]) => (grads[variable.name] ? [[path, grads[variable.name]!]] : []))),
      logits: output!.logits,
    };
  });
}

/** The same over a batch cut into micro-batches, the means and gradients averaged; batch norm sees each micro-batch on its own. */
export function accumulate(objective: Objective, batch: Batch, pieces: number): Gradients {
  if (pieces === 1) return differentiate(objective, batch);
  const size = batch.indices.length / pieces;
  const results = Array.from({ length: pieces }, (_, i) => {
    const micro = slice(batch, i * size, size);
    try {
      return differentiate(objective, micro);
    } finally {
      tf.dispose([micro.images, micro.labels]);
    }
  });
  const [first] = results;
  const average = tf.tidy(() => ({
    gradients: Object.fromEntries(Object.keys(first!.gradients).map((path) => [path, tf.div(tf.addN(results.map(({ gradients }) => gradients[path]!)), pieces)])),
    logits: tf.concat(results.map(({ logits }) => logits), 0),
  }));
  tf.dispose(results.map(({ gradients, logits }) => [Object.values(gradients), logits]));
  const parts = Object.fromEntries(Object.keys(first!.parts).map((name) => [name, results.reduce((sum, result) => sum + result.parts[name]! / pieces, 0)]));
  return { ...average, parts };
}

function slice({ images, labels, indices }: Batch, start: number, size: number): Batch {
  return { images: tf.slice(images, [start], [size]), labels: tf.slice(labels, [start], [size]), indices: indices.slice(start, start + size) };
}
