import { z } from 'zod';
import { ofaLoss } from '../losses/ofa';
import { createExitBranch } from '../models/branches/createExitBranch';
import type { Model, StageShape } from '../models/model';
import * as tf from '../tensor/engine/tf';
import { defineMethod, type Exit } from './method';
import { stages } from './stages';

const exponent = z.number().positive();

const options = z
  .object({
    /** ε (γ in the paper): one number for all, or a list with one for each stage in use and then one for the logits. */
    exponent: z.union([exponent, z.array(exponent)]).default(1),
    form: z.enum(['released', 'paper']).default('released'),
    labelTerm: z.boolean().default(false),
    temperature: z.number().positive().default(1),
    stages,
    /** Weight of the loss on the logits: the released code's `kd-loss-weight`. */
    logitsWeight: z.number().nonnegative().default(1),
    /** Weight of the loss of each branch: the released code's `ofa-loss-weight`. */
    branchWeight: z.number().nonnegative().default(1),
    /** Side of the grid to which branches merge tokens. Default: see `defaultFinalGrid`. */
    finalGrid: z.number().int().positive().optional(),
  })
  .strict()
  .superRefine(({ exponent: list, stages: used }, context) => {
    if (!Array.isArray(list) || list.length === used.length + 1) return;
    context.addIssue({
      code: 'custom',
      path: ['exponent'],
      message: `has ${list.length} values; ${used.length} stages and the logits need ${used.length + 1}`,
    });
  });

/** One-for-all: the student's logits, and an exit branch on each of its stages, learn from the teacher's logits. */
export const ofa = defineMethod({
  title: 'OFA',
  source: 'Hao et al. 2023, arXiv 2310.19444; github Hao840/OFAKD',
  readsTeacher: 'logits',
  scope: 'example',
  options,
  create: (given, { student, teacher, random }) => {
    const branches = given.stages.map((stage) => {
      const shape = student.stageShapes[stage - 1]!;
      const finalGrid = given.finalGrid ?? defaultFinalGrid(shape, student);
      const widths = { widthStudent: student.width, widthTeacher: teacher.width };
      const name = `branch${stage}`;
      const branch = createExitBranch(
        { stage, shape, ...widths, classes: student.classes, finalGrid },
        random.fork(name),
      );
      return { name, stage, branch };
    });
    const exits = branches.map(({ name, stage, branch }): Exit => ({
      name,
      stage,
      logits: (output, mode) => branch.apply(output.stages[stage - 1]!, mode),
    }));
    /** The exponent of a branch, or of the logits, which come last. */
    const exponentOf = (index: number): number =>
      Array.isArray(given.exponent) ? given.exponent[index]! : given.exponent;
    return {
      modules: Object.fromEntries(branches.map(({ name, branch }) => [name, branch])),
      exits,
      loss: (step) => {
        const part = (logits: tf.Tensor2D, index: number, weight: number): tf.Scalar => {
          const loss = ofaLoss(logits, step.teacher.logits, step.labels, { ...given, exponent: exponentOf(index) });
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

/**
 * 7 at 224 pixels, as in the released code. At other sizes the counterpart of 7: the grid of the last stage if the
 * stages get coarser (Swin), otherwise half the grid of tokens.
 */
function defaultFinalGrid(shape: StageShape, { imageSize, stageShapes: [, , , last] }: Model): number {
  if (imageSize === 224 || shape.kind === 'spatial' || last.kind === 'spatial') return 7;
  return Math.min(last.grid, Math.ceil(shape.grid / 2));
}
