import { UserError } from '../errors';
import type * as tf from '../tensor/engine/tf';

/** Throws a UserError if two tensors have different shapes. */
export function checkSameShape(a: tf.Tensor, b: tf.Tensor, loss: string, names = 'student and teacher logits'): void {
  if (a.shape.join() !== b.shape.join())
    throw new UserError(
      `${loss}: ${names} have shapes [${a.shape}] and [${b.shape}], which must be equal. ` +
        'Use the same batch and the same classes for both.',
    );
}

/** Throws a UserError if a value is not a positive finite number. */
export function checkPositive(value: number, loss: string, name: string): void {
  if (!(value > 0 && Number.isFinite(value)))
    throw new UserError(`${loss}: ${name} is ${value}. It must be a positive finite number.`);
}

/** Throws a UserError if a batch is too small for a loss that compares its examples with each other. */
export function checkBatchSize(x: tf.Tensor, min: number, loss: string): void {
  const batchSize = x.shape[0];
  if (batchSize < min)
    throw new UserError(
      `${loss}: the batch size is ${batchSize}. This loss compares examples with each other and needs at least ${min}.`,
    );
}
