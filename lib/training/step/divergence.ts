import type { Dataset } from '../../data/datasets/dataset';
import { imageName } from '../../data/datasets/imageFile';
import type { Batch, TrainingImages } from '../../data/loading/batch';
import { augmentedImages } from '../../data/loading/storedImages';
import { UserError } from '../../errors';
import { parameters, type NamedParameter } from '../../models/parameter';
import * as tf from '../../tensor/engine/tf';
import type { Gradients, Objective } from './gradients';

/** Where in a run a step is; epoch and step are counted from 0. */
export interface StepPosition {
  readonly epoch: number;
  readonly step: number;
  readonly learningRate: number;
}

/** The numbers of a step by which it is checked. */
export interface StepValues {
  readonly parts: Gradients['parts'];
  /** The norm of the gradients if they are clipped. */
  readonly norm?: number | undefined;
}

/**
 * Throws a UserError if a loss part, or the norm of the gradients, is NaN or infinite. The error includes the cause if
 * `cause` finds one; leave it out once the step has changed the weights.
 */
export function checkFinite({ parts, norm }: StepValues, at: StepPosition, cause?: () => string | undefined): void {
  const named = Object.entries(parts).map(([name, value]) => [`the loss part "${name}"`, value] as const);
  const values = norm === undefined ? named : [...named, ['the norm of the gradients', norm] as const];
  const invalid = values.find(([, value]) => !Number.isFinite(value));
  if (!invalid) return;
  const [what, value] = invalid;
  throw new UserError(
    `Training diverged: ${what} is ${value} at epoch ${at.epoch + 1}, step ${at.step + 1} ` +
      `(learning rate ${at.learningRate.toPrecision(3)}). ${cause?.() ?? ''}The weights of the last checkpoint are ` +
      'kept. Try a lower learning rate, clipNorm, or smaller weights of the method’s losses.',
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
