import { z } from 'zod';
import { rldLoss } from '../losses/rld';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';
import { logitsReader, standardise } from './standardised';
import { notAllZero } from './weights';

const weight = z.number().nonnegative();
const positive = z.number().positive().finite();

/**
 * The student's confidence in the target class follows the teacher's confidence in its own prediction, and the student
 * learns the teacher's distribution over the classes that the teacher ranks below the target class. The released code
 * raises the weight from 0 during the first 20 epochs; here it is constant.
 */
export const rld = defineMethod({
  title: 'RLD',
  source: 'Sun et al., ICCV 2025, arXiv 2408.07703; defaults of github zju-SWJ/RLD for CIFAR-100',
  readsTeacher: 'logits',
  scope: 'example',
  options: z
    .object({
      alpha: weight.default(1),
      beta: weight.default(8),
      temperature: positive.default(4),
      /** Temperature of the confidences. */
      alphaTemperature: positive.default(1),
      standardise,
      weight: z.number().positive().default(1),
    })
    .strict()
    .superRefine(notAllZero('alpha', 'beta')),
  create: ({ weight: totalWeight, standardise: isStandardised, alpha, beta, temperature, alphaTemperature }) => ({
    modules: {},
    loss: ({ student, teacher, labels }) => {
      const logitsOf = logitsReader(isStandardised);
      return {
        logits: tf.mul(
          tf.mean<tf.Scalar>(
            rldLoss(logitsOf(student), logitsOf(teacher), labels, { alpha, beta, temperature, alphaTemperature }),
          ),
          totalWeight,
        ),
      };
    },
  }),
});
