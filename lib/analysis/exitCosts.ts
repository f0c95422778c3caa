import { UserError } from '../errors';
import type { Distillation } from '../methods/method';
import type { Model, Output } from '../models/model';
import { multiplyAddsOf } from '../tensor/inspect/multiplyAdds';
import * as tf from '../tensor/engine/tf';

/**
 * Multiply-adds of one image that leaves at each exit: the student up to the exit's stage and every branch passed on the way; the last
 * number is that of going to the end, past all branches.
 */
export function exitCosts(student: Model, { exits }: Distillation): number[] {
  if (!exits) throw new UserError('This method has no exit branches to ask; OFA has.');
  return tf.tidy(() => {
    const reached = new Map<object, number>();
    const image = tf.zeros<tf.Rank.R4>([1, student.imageSize, student.imageSize, 3]);
    let output: Output | undefined;
    const whole = multiplyAddsOf((soFar) => {
      // A stage's feature is the output of its last block, whatever shape it is handed out in.
      output = student.forward(image, { mode: 'eval', tap: (_, feature) => reached.set(feature.dataId, soFar()) });
    });
    if (whole === undefined || !output) throw new UserError('Multiply-adds are counted on the native engine only.');
    const read = output;
    let passed = 0;
    const leaving = exits.map(({ stage, logits }) => {
      passed += multiplyAddsOf(() => logits(read, 'eval')) ?? 0;
      const until = reached.get(read.stages[stage - 1]!.dataId);
      if (until === undefined) throw new UserError(`${student.name} does not tell where its stage ${stage} ends.`);
      return until + passed;
    });
    return [...leaving, whole + passed];
  });
}
