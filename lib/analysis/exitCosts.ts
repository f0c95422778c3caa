import { UserError } from '../errors';
import type { Distillation } from '../methods/method';
import type { Model, Output } from '../models/model';
import { multiplyAddsOf } from '../tensor/inspect/multiplyAdds';
import * as tf from '../tensor/engine/tf';

/**
 * Multiply-adds of one image that leaves at each exit: the student up to the exit's stage, and every branch that the
 * image has passed. The last number is for the student's own classifier, past all branches. Throws a UserError if the
 * method has no exit branches, and without the native engine, which counts multiply-adds.
 */
export function exitCosts(student: Model, { exits, title }: Pick<Distillation, 'exits' | 'title'>): number[] {
  if (!exits) throw new UserError(`${title} has no exit branches. Use a method that has them, such as OFA.`);
  return tf.tidy(() => {
    const { output, whole, until } = stageCosts(student);
    let branches = 0;
    const leaving = exits.map(({ stage, logits }) => {
      branches += multiplyAddsOf(() => logits(output, 'eval')) ?? 0;
      return until(stage) + branches;
    });
    return [...leaving, whole + branches];
  });
}

/**
 * The output on one blank image, and the multiply-adds of the whole forward pass and of the pass until a stage ends.
 */
function stageCosts(student: Model): {
  readonly output: Output;
  readonly whole: number;
  readonly until: (stage: number) => number;
} {
  // A stage's feature is the output of its last block, possibly reshaped: both share their data.
  const costOfData = new Map<object, number>();
  const image = tf.zeros<tf.Rank.R4>([1, student.imageSize, student.imageSize, 3]);
  let output: Output | undefined;
  const whole = multiplyAddsOf((soFar) => {
    const tap = (_: string, feature: tf.Tensor): void => void costOfData.set(feature.dataId, soFar());
    output = student.forward(image, { mode: 'eval', tap });
  });
  if (whole === undefined || !output) {
    throw new UserError('Multiply-adds are counted on the native engine only. Run npm run setup.');
  }
  const { stages } = output;
  const until = (stage: number): number => {
    const cost = costOfData.get(stages[stage - 1]!.dataId);
    if (cost === undefined) throw new Error(`${student.name} has no block at the end of its stage ${stage}`);
    return cost;
  };
  return { output, whole, until };
}
