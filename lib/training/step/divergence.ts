import type { Dataset } from '../../data/datasets/dataset';
import { imageName } from '../../data/datasets/imageFile';
import type { Batch, TrainingImages } from '../../data/loading/batch';
import { augmentedImages } from '../../data/loading/storedImages';
import { UserError } from '../../errors';
import { parameters, type NamedParameter } from '../../models/parameter';
import * as tf from '../../tensor/engine/tf';
import type { Objective } from './gradients';

/** A value of a training step that is NaN or infinite. */
export interface Divergence {
  /** For example: the loss part "label". */
  readonly what: string;
  readonly value: number;
  /** Counted from 1. */
  readonly epoch: number;
  /** Counted from 1. */
  readonly step: number;
  readonly learningRate: number;
}

/** The error of a run that diverged, with its cause if that is known. */
export function divergenceError(
  { what, value, epoch, step, learningRate }: Divergence,
  cause: string | undefined = '',
): UserError {
  return new UserError(
    `Training diverged: ${what} is ${value} at epoch ${epoch}, step ${step} ` +
      `(learning rate ${learningRate.toPrecision(3)}). ${cause}The weights of the last checkpoint are kept. ` +
      'Try a lower learning rate, clipNorm, or smaller weights of the method’s losses.',
  );
}

/** Names an image of the batch or a weight that is not finite, if there is one. */
export function divergenceCause(objective: Objective, batch: Batch<TrainingImages>, set: Dataset): string | undefined {
  return invalidImage(batch, set) ?? invalidWeight(objective);
}

function invalidImage({ images, indices }: Batch<TrainingImages>, set: Dataset): string | undefined {
  const finite = tf.tidy(() => {
    const augmented = images instanceof tf.Tensor ? images : augmentedImages(images);
    return tf.all(tf.isFinite(tf.reshape(augmented, [indices.length, -1])), 1).dataSync();
  });
  const index = indices[finite.indexOf(0)];
  if (index === undefined) return undefined;
  const image = 'images' in set ? `Image ${index} of ${set.name}` : imageName(set, index);
  return `${image} has values that are not finite: check the image, and the mean and std that normalise it. `;
}

function invalidWeight({ student, teacher, distillation }: Objective): string | undefined {
  const named: NamedParameter[] = [
    ...(teacher ? parameters(teacher, 'teacher.') : []),
    ...parameters(student, 'student.'),
    ...parameters(distillation.modules, 'method.'),
  ];
  const invalid = named.find(([, { value }]) => !isFiniteTensor(value));
  return invalid && `The weight ${invalid[0]} is not finite. `;
}

function isFiniteTensor(value: tf.Tensor): boolean {
  return tf.tidy(() => tf.all(tf.isFinite(value)).dataSync()[0] === 1);
}
