import type { Batch } from '../../data/loading/batch';
import { imageName } from '../../data/datasets/imageFile';
import type { Dataset } from '../../data/datasets/dataset';
import { UserError } from '../../errors';
import { parameters, type NamedParameter } from '../../models/parameter';
import * as tf from '../../tensor/engine/tf';
import type { Objective } from './gradients';

/** What is no number, and when. */
export interface Divergence {
  /** Such as: the loss part "label". */
  readonly what: string;
  readonly value: number;
  readonly epoch: number;
  readonly step: number;
  readonly learningRate: number;
}

/** The error of a run that cannot go on. It names the image or the weight that was no number before the step, where there is one. */
export function divergenceError(
  { what, value, epoch, step, learningRate }: Divergence,
  objective: Objective,
  batch: Batch,
  set: Dataset,
): UserError {
  return new UserError(
    `Training diverged: ${what} is ${value} at epoch ${epoch}, step ${step} (learning rate ${learningRate.toPrecision(3)}). ` +
      `${badImage(batch, set) ?? badWeight(objective) ?? ''}The weights of the last checkpoint are kept. Try a lower learning rate, clipNorm, or smaller weights of the method’s losses.`,
  );
}

function badImage({ images, indices }: Batch, set: Dataset): string | undefined {
  const sound = tf.tidy(() => tf.all(tf.isFinite(tf.reshape(images, [indices.length, -1])), 1).dataSync());
  const index = indices[sound.indexOf(0)];
  if (index === undefined) return undefined;
  return `${'images' in set ? `Image ${index} of ${set.name}` : imageName(set, index)} has values that are not finite: look at it, and at the mean and deviation by which images are normalised. `;
}

function badWeight({ student, teacher, distillation }: Objective): string | undefined {
  const named: NamedParameter[] = [
    ...(teacher ? parameters(teacher, 'teacher.') : []),
    ...parameters(student, 'student.'),
    ...parameters(distillation.modules, 'method.'),
  ];
  const bad = named.find(([, { value }]) => !isSound(value));
  return bad && `The weight ${bad[0]} is not finite. `;
}

function isSound(value: tf.Tensor): boolean {
  return tf.tidy(() => tf.all(tf.isFinite(value)).dataSync()[0] === 1);
}
