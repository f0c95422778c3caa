import { z } from 'zod';
import { wttmLoss } from '../losses/wttm';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';

/** TTM with a weight for each example, which is larger where the teacher is less certain. */
export const wttm = defineMethod({
  title: 'WTTM',
  source:
    'Zheng and Yang, ICLR 2024, arXiv 2402.11148; defaults of the example in github zkxufo/TTM, which adds WTTM to ' +
    'CRD for VGG13 → VGG8',
  readsTeacher: 'logits',
  scope: 'example',
  options: z
    .object({
      /** γ, the power of the teacher's probabilities: the released code's `ttm_l`. */
      exponent: z.number().positive().finite().default(0.2),
      weight: z.number().positive().default(4),
    })
    .strict(),
  create: ({ exponent, weight }) => ({
    modules: {},
    loss: ({ student, teacher }) => ({
      logits: tf.mul(tf.mean<tf.Scalar>(wttmLoss(student.logits, teacher.logits, { exponent })), weight),
    }),
  }),
});
