import { z } from 'zod';
import { ccLoss } from '../losses/cc';
import { Linear } from '../models/layers/linear';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';

/**
 * Linear embeddings of the pooled features of student and teacher. The loss is large if the differences of neighbouring
 * examples in the batch correlate.
 */
export const cc = defineMethod({
  title: 'CC',
  source: 'Peng et al. 2019, arXiv 1904.01802; as in github Hao840/OFAKD',
  readsTeacher: 'pooled',
  scope: 'microBatch',
  minExamples: 2,
  options: z
    .object({ width: z.number().int().positive().default(128), weight: z.number().positive().default(0.02) })
    .strict(),
  create: ({ width, weight }, { student, teacher, random }) => {
    const embedStudent = new Linear(student.width, width, random.fork('student'), { init: 'fanInUniform' });
    const embedTeacher = new Linear(teacher.width, width, random.fork('teacher'), { init: 'fanInUniform' });
    return {
      modules: { embedStudent, embedTeacher },
      loss: (step) => ({
        relation: tf.mul(
          ccLoss(embedStudent.apply(step.student.pooled), embedTeacher.apply(step.teacher.pooled)),
          weight,
        ),
      }),
    };
  },
});
