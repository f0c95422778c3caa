import { z } from 'zod';
import { rsdLoss } from '../losses/rsd';
import { BatchNorm2d } from '../models/layers/batchNorm2d';
import { Linear } from '../models/layers/linear';
import type { Mode } from '../models/model';
import { gelu } from '../tensor/ops/gelu/gelu';
import type { Random } from '../tensor/random';
import * as tf from '../tensor/engine/tf';
import { defineMethod } from './method';

/**
 * Each channel of the student's projected feature correlates with the same channel of the teacher's, and with no other.
 */
export const rsd = defineMethod({
  title: 'RSD',
  source: 'Cross-Architecture Distillation Made Simple with Redundancy Suppression, ICCV 2025, arXiv 2507.21844',
  readsTeacher: 'pooled',
  scope: 'microBatch',
  minExamples: 2,
  options: z
    .object({
      kappa: z.number().positive().default(0.01),
      /** Width of the projector's hidden layer, as a multiple of the width of the student's feature. */
      expansion: z.number().int().positive().default(2),
      weight: z.number().positive().default(0.1),
    })
    .strict(),
  create: ({ kappa, expansion, weight }, { student, teacher, random }) => {
    const projector = new Projector(student.width, expansion * student.width, teacher.width, random);
    return {
      modules: { projector },
      loss: (step) => ({
        relation: tf.mul(
          rsdLoss(projector.apply(step.student.pooled, step.mode), step.teacher.pooled, { kappa }),
          weight,
        ),
      }),
    };
  },
});

/** Linear, batch norm, GELU, linear. [batch, widthIn] → [batch, width] */
class Projector {
  readonly fc1: Linear;
  readonly bn: BatchNorm2d;
  readonly fc2: Linear;

  constructor(widthIn: number, hidden: number, width: number, random: Random) {
    this.fc1 = new Linear(widthIn, hidden, random.fork('fc1'), { bias: false });
    this.bn = new BatchNorm2d(hidden);
    this.fc2 = new Linear(hidden, width, random.fork('fc2'), { bias: false });
  }

  apply(x: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    const hidden = this.fc1.apply(x);
    const [batch, width] = hidden.shape;
    const normalised = this.bn.apply(tf.reshape<tf.Rank.R4>(hidden, [batch, 1, 1, width]), mode);
    return this.fc2.apply(gelu(tf.reshape<tf.Rank.R2>(normalised, [batch, width])));
  }
}
