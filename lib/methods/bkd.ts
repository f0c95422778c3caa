import { z } from 'zod';
import { bkdLoss } from '../losses/bkd';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';

/** The teacher's probabilities are the targets of a question for each class: is it this one? */
export const bkd = defineMethod({
  title: 'BKD',
  source: 'github Hao840/OFAKD: KD by binary cross entropy, for its recipe with that loss',
  readsTeacher: 'logits',
  scope: 'example',
  options: z.object({ weight: z.number().nonnegative().default(1) }).strict(),
  create: ({ weight }) => ({
    modules: {},
    loss: ({ student, teacher }) => ({
      logits: tf.mul(tf.mean<tf.Scalar>(bkdLoss(student.logits, teacher.logits)), weight),
    }),
  }),
});
