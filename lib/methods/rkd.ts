import { z } from 'zod';
import { rkdLoss } from '../losses/rkd';
import { defineMethod } from './method';
import { notAllZero } from './weights';

/** Distances and angles between the pooled features of a batch's examples follow the teacher's. */
export const rkd = defineMethod({
  title: 'RKD',
  source: 'Park et al. 2019, arXiv 1904.05068',
  readsTeacher: 'pooled',
  scope: 'microBatch',
  minExamples: 3,
  options: z
    .object({ distanceWeight: z.number().nonnegative().default(25), angleWeight: z.number().nonnegative().default(50) })
    .strict()
    .superRefine(notAllZero('distanceWeight', 'angleWeight')),
  create: ({ distanceWeight, angleWeight }) => ({
    modules: {},
    loss: ({ student, teacher }) => ({
      relation: rkdLoss(student.pooled, teacher.pooled, { distanceWeight, angleWeight }),
    }),
  }),
});
