import { z } from 'zod';
import { resizeBilinear, toGrid } from '../losses/featureGrid';
import { fitnetLoss } from '../losses/fitnet';
import { Conv2d } from '../models/layers/conv2d';
import type { Feature, StageShape } from '../models/model';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';
import { stages } from './stages';

/**
 * The student's stage features follow the teacher's, after a projection to the teacher's channels and a resize to its
 * grid. Tokens are arranged as a grid, so that networks of any two families can be paired; the released code can only
 * pair CNNs.
 */
export const fitnet = defineMethod({
  title: 'FitNet',
  source: 'Romero et al. 2015, arXiv 1412.6550; stages and weight of github Hao840/OFAKD',
  readsTeacher: 'stages',
  scope: 'example',
  options: z
    .object({
      stages: stages.refine((list) => list.length > 0, 'names no stage, and the method has no effect'),
      weight: z.number().positive().default(1),
    })
    .strict(),
  create: ({ stages: used, weight }, setting) => {
    const hints = used.map((stage) => {
      const studentShape = setting.student.stageShapes[stage - 1]!;
      const teacherShape = setting.teacher.stageShapes[stage - 1]!;
      const random = setting.random.fork(`stage${stage}`);
      const projector = new Conv2d(studentShape.channels, teacherShape.channels, { filterSize: 1 }, random);
      return { name: `stage${stage}`, stage, studentShape, teacherShape, projector };
    });
    return {
      modules: Object.fromEntries(hints.map(({ name, projector }) => [name, projector])),
      loss: ({ student, teacher }) =>
        Object.fromEntries(
          hints.map(({ name, stage, studentShape, teacherShape, projector }) => {
            const target = gridOf(teacher.stages[stage - 1]!, teacherShape);
            const [, height, width] = target.shape;
            // Projecting before resizing gives the same result: one acts on channels, the other on positions.
            const projected = projector.apply(gridOf(student.stages[stage - 1]!, studentShape));
            const loss = fitnetLoss(resizeBilinear(projected, height, width), target);
            return [name, tf.mul(tf.mean<tf.Scalar>(loss), weight)];
          }),
        ),
    };
  },
});

function gridOf(feature: Feature, shape: StageShape): tf.Tensor4D {
  return toGrid(feature, shape.kind === 'tokens' && shape.classToken);
}
