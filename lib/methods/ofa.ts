import { z } from 'zod';
import { ofaLoss, type OfaOptions } from '../losses/ofa';
import { createExitBranch } from '../models/branches/createExitBranch';
import type { ExitBranch } from '../models/branches/exitBranch';
import type { Model, StageShape } from '../models/model';
import * as tf from '../tensor/engine/tf';
import { defineMethod, type Exit } from './method';
import { stages } from './stages';

const exponent = z.number().positive();

const options = z
  .object({
    /** ε (γ in the paper): one for all, or one for each stage in use and a last one for the logits. */
    exponent: z.union([exponent, z.array(exponent)]).default(1),
    form: z.enum(['released', 'paper']).default('released'),
    labelTerm: z.boolean().default(false),
    temperature: z.number().positive().default(1),
    stages,
    /** Weight of the loss on the logits: the released code's `kd-loss-weight`. */
    logitsWeight: z.number().nonnegative().default(1),
    /** Weight of each branch's loss: its `ofa-loss-weight`. */
    branchWeight: z.number().nonnegative().default(1),
    /** Side of the grid that branches merge tokens to, unless told: 7 at 224 px; at other sizes Swin's last grid, and half of others'. */
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

/** One-for-all: exit branches on the student's stages and its logits all learn from the teacher's logits. */
export const ofa = defineMethod({
  title: 'OFA',
  source: 'Hao et al. 2023, arXiv 2310.19444; github Hao840/OFAKD',
  readsTeacher: 'logits',
  scope: 'example',
  options,
  create: (given, { student, teacher, random }) => {
    const branches = new Map<number, ExitBranch>(
      given.stages.map((number) => {
        const shape = student.stageShapes[number - 1]!;
        return [
          number,
          createExitBranch(
            {
              stage: number,
              shape,
              widthStudent: student.width,
              widthTeacher: teacher.width,
              classes: student.classes,
              finalGrid: given.finalGrid ?? usualGrid(shape, student),
            },
            random.fork(`branch${number}`),
          ),
        ];
      }),
    );
    const settings = (place: number): OfaOptions => ({
      ...given,
      exponent: Array.isArray(given.exponent) ? given.exponent[place]! : given.exponent,
    });
    const exits = [...branches].map(([stage, branch]): Exit => ({
      name: `branch${stage}`,
      stage,
      logits: ({ stages: features }, mode) => branch.apply(features[stage - 1]!, mode),
    }));
    return {
      modules: Object.fromEntries([...branches].map(([stage, branch]) => [`branch${stage}`, branch])),
      exits,
      loss: (step) => {
        const part = (logits: tf.Tensor2D, place: number, weight: number): tf.Scalar =>
          tf.mul(tf.mean<tf.Scalar>(ofaLoss(logits, step.teacher.logits, step.labels, settings(place))), weight);
        return {
          logits: part(step.student.logits, given.stages.length, given.logitsWeight),
          ...Object.fromEntries(
            exits.map(({ name, logits }, place) => [
              name,
              part(logits(step.student, step.mode), place, given.branchWeight),
            ]),
          ),
        };
      },
    };
  },
});

/** As 7 is at 224 px: the last stage's grid where stages grow coarser (Swin), else half the token grid. */
function usualGrid(shape: StageShape, { imageSize, stageShapes: [, , , last] }: Model): number {
  if (imageSize === 224 || shape.kind === 'spatial' || last.kind === 'spatial') return 7;
  return Math.min(last.grid, Math.ceil(shape.grid / 2));
}
