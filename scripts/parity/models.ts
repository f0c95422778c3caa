import { z } from 'zod';
import { disposeModule, parameterCount } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import type { Digest } from '../../lib/reference/digest';
import { input } from '../../lib/reference/fill';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { check, compareTensor, countError, type Check } from './check';
import { evaluate, type Mode } from './evaluate';
import { fillParameters } from './fillParameters';
import { digestSchema, stateSchema } from './schemas';
import { shapesOf, stateError } from './state';

export const modelSchema = z.object({
  model: z.string(),
  num_classes: z.number().int().positive(),
  input: z.object({
    name: z.string(),
    scale: z.number(),
    shape_nhwc: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  }),
  parameters: z.number(),
  state: stateSchema,
  logits: digestSchema,
  stages: z.object({ 1: digestSchema, 2: digestSchema, 3: digestSchema, 4: digestSchema }),
  pooled: digestSchema,
});

/** Allowed difference relative to the root mean square: float32 sums depend on the order. */
const tolerance = 1e-4;

/** Compares names, shapes and number of parameters, and logits, stages and penultimate feature in eval mode. */
export function checkModel(file: z.infer<typeof modelSchema>, mode: Mode): Check[] {
  const { shape_nhwc: shape, name, scale } = file.input;
  const model = createModel(file.model, { classes: file.num_classes, imageSize: shape[1] }, new Random(0));
  try {
    fillParameters(model);
    const feature = (label: string, actual: tf.Tensor, expected: Digest): Check =>
      compareTensor(`${file.model} ${label}`, label, actual, expected, tolerance);
    const features: Check[] = [];
    tf.tidy(() => {
      const images = tf.tensor4d(input(name, shape, scale), shape);
      const [logits, pooled, ...stages] = evaluate(mode, () => {
        const output = model.forward(images, { mode: 'eval' });
        return [output.logits, output.pooled, ...output.stages];
      });
      features.push(
        feature('logits', logits!, file.logits),
        ...([1, 2, 3, 4] as const).map((stage) => feature(`stage${stage}`, stages[stage - 1]!, file.stages[stage])),
        feature('pooled', pooled!, file.pooled),
      );
    });
    return [
      check(`${file.model} state`, stateError(shapesOf(model), file.state)),
      check(`${file.model} parameters`, countError(parameterCount(model), file.parameters)),
      ...features,
    ];
  } finally {
    disposeModule(model);
  }
}
