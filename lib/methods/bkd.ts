import { z } from 'zod';
import { bkdLoss } from '../losses/bkd';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';

/** A binary cross entropy for each class, whose targets are the teacher's probabilities. */
export const bkd = defineMethod({
  title: 'BKD',
  source: 'github Hao840/OFAKD: KD by binary cross entropy, for its recipe with that loss',
  readsTeacher: 'logits',
  scope: 'example',
  options: z.object({ weight: z.number().positive().default(1) }).strict(),
  create: ({ weight }) => ({
    modules: {},
    loss: ({ student, teacher }) => ({
      logits: tf.mul(tf.mean<tf.Scalar>(bkdLoss(student.logits, teacher.logits)), weight),
    }),
  }),
});
