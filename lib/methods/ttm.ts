import { z } from 'zod';
import { ttmLoss } from '../losses/ttm';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';

/** KD whose temperature applies to the teacher only: a power of the teacher's probabilities is the target. */
export const ttm = defineMethod({
  title: 'TTM',
  source: 'Zheng and Yang, ICLR 2024, arXiv 2402.11148; defaults of the example in github zkxufo/TTM, VGG13 → VGG8',
  readsTeacher: 'logits',
  scope: 'example',
  options: z
    .object({
      /** γ, the power of the teacher's probabilities: the released code's `ttm_l`. */
      exponent: z.number().positive().finite().default(0.1),
      weight: z.number().positive().default(45),
    })
    .strict(),
  create: ({ exponent, weight }) => ({
    modules: {},
    loss: ({ student, teacher }) => ({
      logits: tf.mul(tf.mean<tf.Scalar>(ttmLoss(student.logits, teacher.logits, { exponent })), weight),
    }),
  }),
});
