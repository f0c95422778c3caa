import { z } from 'zod';
import { dkdLoss } from '../losses/dkd';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';
import { logitsReader, standardise } from './standardised';
import { notAllZero } from './weights';

const weight = z.number().nonnegative();

/**
 * KD in two parts with weights of their own: the target class against the others, and the distribution over the others.
 */
export const dkd = defineMethod({
  title: 'DKD',
  source: 'Zhao et al. 2022, arXiv 2203.08679; defaults of github Hao840/OFAKD',
  readsTeacher: 'logits',
  scope: 'example',
  options: z
    .object({
      alpha: weight.default(1),
      beta: weight.default(2),
      temperature: z.number().positive().default(1),
      standardise,
      weight: z.number().positive().default(1),
    })
    .strict()
    .superRefine(notAllZero('alpha', 'beta')),
  create: ({ weight: totalWeight, standardise: isStandardised, alpha, beta, temperature }) => ({
    modules: {},
    loss: ({ student, teacher, labels }) => {
      const logitsOf = logitsReader(isStandardised);
      return {
        logits: tf.mul(
          tf.mean<tf.Scalar>(dkdLoss(logitsOf(student), logitsOf(teacher), labels, { alpha, beta, temperature })),
          totalWeight,
        ),
      };
    },
  }),
});
