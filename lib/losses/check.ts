import { UserError } from '../errors';
import type * as tf from '../tensor/engine/tf';

/** Refuses two tensors of different shapes, naming what each is. */
export function checkSameShape(a: tf.Tensor, b: tf.Tensor, loss: string, names = 'student and teacher logits'): void {
  if (a.shape.join() !== b.shape.join())
    throw new UserError(
      `${loss}: ${names} must have one shape, and have [${a.shape}] and [${b.shape}]. Do both networks see the same batch and the same classes?`,
    );
}

/** Refuses a value that is not a finite number above zero. */
export function checkPositive(value: number, loss: string, name: string): void {
  if (!(value > 0 && Number.isFinite(value)))
    throw new UserError(`${loss}: ${name} must be a finite number above 0, and is ${value}.`);
}

/** Refuses a batch too small for a loss that compares examples with each other. */
export function checkBatch(x: tf.Tensor, least: number, loss: string): void {
  const batch = x.shape[0];
  if (batch < least)
    throw new UserError(`${loss} compares examples and needs a batch of at least ${least}, and this one has ${batch}.`);
}
