import { z } from 'zod';
import { kdLoss } from '../losses/kd';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';
import { logitsReader, standardise } from './standardised';

/** The student's softened logits follow the teacher's. */
export const kd = defineMethod({
  title: 'KD',
  source: 'Hinton et al. 2015, arXiv 1503.02531',
  readsTeacher: 'logits',
  scope: 'example',
  options: z
    .object({
      temperature: z.number().positive().default(1),
      standardise,
      weight: z.number().positive().default(1),
    })
    .strict(),
  create: ({ temperature, standardise: isStandardised, weight }) => ({
    modules: {},
    loss: ({ student, teacher }) => {
      const logitsOf = logitsReader(isStandardised);
      return {
        logits: tf.mul(tf.mean<tf.Scalar>(kdLoss(logitsOf(student), logitsOf(teacher), { temperature })), weight),
      };
    },
  }),
});
