import { z } from 'zod';
import { kdLoss } from '../losses/kd';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';

/** The student's softened logits follow the teacher's. */
export const kd = defineMethod({
  title: 'KD',
  source: 'Hinton et al. 2015, arXiv 1503.02531',
  readsTeacher: 'logits',
  scope: 'example',
  options: z
    .object({ temperature: z.number().positive().default(1), weight: z.number().nonnegative().default(1) })
    .strict(),
  create: ({ temperature, weight }) => ({
    modules: {},
    loss: ({ student, teacher }) => ({
      logits: tf.mul(tf.mean<tf.Scalar>(kdLoss(student.logits, teacher.logits, { temperature })), weight),
    }),
  }),
});
