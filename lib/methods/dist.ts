import { z } from 'zod';
import { distLoss } from '../losses/dist';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';
import { notAllZero } from './weights';

const weight = z.number().nonnegative();

/** The student's probabilities correlate with the teacher's, within each example and within each class. */
export const dist = defineMethod({
  title: 'DIST',
  source: 'Huang et al. 2022, arXiv 2205.10536',
  readsTeacher: 'logits',
  scope: 'microBatch',
  minExamples: 2,
  options: z
    .object({
      beta: weight.default(1),
      gamma: weight.default(1),
      temperature: z.number().positive().default(1),
      weight: z.number().positive().default(1),
    })
    .strict()
    .superRefine(notAllZero('beta', 'gamma')),
  create: ({ weight: totalWeight, beta, gamma, temperature }) => ({
    modules: {},
    loss: ({ student, teacher }) => ({
      logits: tf.mul(distLoss(student.logits, teacher.logits, { beta, gamma, temperature }), totalWeight),
    }),
  }),
});
