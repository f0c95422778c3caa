import { z } from 'zod';
import { resizeBilinear, toGrid } from '../losses/featureGrid';
import { fitnetLoss } from '../losses/fitnet';
import { Conv2d } from '../models/layers/conv2d';
import type { Feature, StageShape } from '../models/model';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';
import { stages } from './stages';

/**
 * The student's features, brought to the teacher's grid and channels, equal the teacher's. Tokens are taken as a grid, so that
 * networks of any two families meet; the released code can only pair CNNs.
 */
export const fitnet = defineMethod({
  title: 'FitNet',
  source: 'Romero et al. 2015, arXiv 1412.6550; stages and weight of github Hao840/OFAKD',
  readsTeacher: 'stages',
  scope: 'example',
  options: z.object({ stages, weight: z.number().nonnegative().default(1) }).strict(),
  create: ({ stages: used, weight }, setting) => {
    const hints = used.map((number) => {
      const [from, to] = [setting.student.stageShapes[number - 1]!, setting.teacher.stageShapes[number - 1]!];
      const projector = new Conv2d(
        from.channels,
        to.channels,
        { filterSize: 1 },
        setting.random.fork(`stage${number}`),
      );
      return { number, from, to, projector };
    });
    return {
      modules: Object.fromEntries(hints.map(({ number, projector }) => [`stage${number}`, projector])),
      loss: ({ student, teacher }) =>
        Object.fromEntries(
          hints.map(({ number, from, to, projector }) => {
            const wanted = grid(teacher.stages[number - 1]!, to);
            const [, height, width] = wanted.shape;
            // Resizing first would give the same: one works on places, the other on channels.
            const offered = resizeBilinear(projector.apply(grid(student.stages[number - 1]!, from)), height, width);
            return [`stage${number}`, tf.mul(tf.mean<tf.Scalar>(fitnetLoss(offered, wanted)), weight)];
          }),
        ),
    };
  },
});

function grid(feature: Feature, shape: StageShape): tf.Tensor4D {
  return toGrid(feature, shape.kind === 'tokens' && shape.classToken);
}
