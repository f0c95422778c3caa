import { z } from 'zod';
import { kdLoss } from '../losses/kd';
import { srdLoss } from '../losses/srd';
import { Linear } from '../models/layers/linear';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';
import { notAllZero } from './weights';

const weight = z.number().nonnegative();

/**
 * A linear projection of the student's pooled features follows the teacher's after a batch norm of both, by the
 * logarithm of the sum of fourth powers of their differences, and the student's logits follow the teacher's. The batch
 * norm has no parameters and always uses the statistics of its micro-batch, so there is no state besides the projector.
 */
export const srd = defineMethod({
  title: 'SRD',
  source:
    'Miles and Mikolajczyk, AAAI 2024, arXiv 2303.11098; as in github roymiles/Simple-Recipe-Distillation for ' +
    'ResNet-34 → ResNet-18',
  readsTeacher: 'pooled',
  scope: 'microBatch',
  minExamples: 2,
  options: z
    .object({
      /** Power of the differences between the features. */
      exponent: z.number().min(1).finite().default(4),
      /** Weight of the loss of the features, which includes the released code's factor 2. */
      weight: weight.default(1),
      /** Weight of KD with temperature 1. */
      logitsWeight: weight.default(1),
    })
    .strict()
    .superRefine(notAllZero('weight', 'logitsWeight')),
  create: ({ exponent, weight: featureWeight, logitsWeight }, { student, teacher, random }) => {
    const projector = new Linear(student.width, teacher.width, random, { init: 'fanInUniform' });
    return {
      modules: { projector },
      loss: (step) => ({
        relation: tf.mul(
          srdLoss(projector.apply(step.student.pooled), step.teacher.pooled, { exponent }),
          featureWeight,
        ),
        logits: tf.mul(
          tf.mean<tf.Scalar>(kdLoss(step.student.logits, step.teacher.logits, { temperature: 1 })),
          logitsWeight,
        ),
      }),
    };
  },
});
