import { z } from 'zod';
import { ofaLoss } from '../losses/ofa';
import * as tf from '../tensor/engine/tf';
import { checkBranchWeights, checkExponents, exitBranches, exitOptions, exponentAt } from './exitBranches';
import { defineMethod } from './method';

const options = z
  .object({
    ...exitOptions,
    form: z.enum(['released', 'paper']).default('released'),
    labelTerm: z.boolean().default(false),
  })
  .strict()
  .superRefine(checkExponents)
  .superRefine(checkBranchWeights);

/** One-for-all: the student's logits, and an exit branch on each of its stages, learn from the teacher's logits. */
export const ofa = defineMethod({
  title: 'OFA',
  source: 'Hao et al. 2023, arXiv 2310.19444; github Hao840/OFAKD',
  readsTeacher: 'logits',
  scope: 'example',
  options,
  create: (given, setting) => {
    const { modules, exits } = exitBranches(given, setting);
    return {
      modules,
      exits,
      loss: (step) => {
        const part = (logits: tf.Tensor2D, index: number, weight: number): tf.Scalar => {
          const exponentHere = exponentAt(given.exponent, index);
          const loss = ofaLoss(logits, step.teacher.logits, step.labels, { ...given, exponent: exponentHere });
          return tf.mul(tf.mean<tf.Scalar>(loss), weight);
        };
        return {
          logits: part(step.student.logits, exits.length, given.logitsWeight),
          ...Object.fromEntries(
            exits.map(({ name, logits }, index) => [
              name,
              part(logits(step.student, step.mode), index, given.branchWeight),
            ]),
          ),
        };
      },
    };
  },
});
