import { z } from 'zod';
import { torchShape } from '../../lib/models/layout';
import { disposeModule, parameterCount, parameters, type Module } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { digest, digestFault, type Digest } from '../../lib/reference/digest';
import { input } from '../../lib/reference/fill';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/tf';
import type { Check } from './check';
import { fillParameters } from './fillParameters';
import { digestSchema, stateSchema } from './schemas';

export const modelSchema = z.object({
  model: z.string(),
  num_classes: z.number().int().positive(),
  input: z.object({ name: z.string(), scale: z.number(), shape_nhwc: z.tuple([z.number(), z.number(), z.number(), z.number()]) }),
  parameters: z.number(),
  state: stateSchema,
  logits: digestSchema,
  stages: z.object({ 1: digestSchema, 2: digestSchema, 3: digestSchema, 4: digestSchema }),
  pooled: digestSchema,
});

/** How far a feature may be, relative to its root mean square: float32 sums in another order. */
const tolerance = 1e-4;

/** Names, shapes and number of parameters; logits, stages and penultimate feature in evaluation mode. */
export function checkModel(file: z.infer<typeof modelSchema>): Check[] {
  const { shape_nhwc: shape, name, scale } = file.input;
  const model = createModel(file.model, { classes: file.num_classes, imageSize: shape[1] }, new Random(0));
  try {
    fillParameters(model);
    const feature = (label: string, actual: tf.Tensor, expected: Digest): Check =>
      check(`${file.model} ${label}`, digestFault(digest(actual.dataSync(), actual.shape, label), expected, tolerance));
    const features: Check[] = [];
    tf.tidy(() => {
      const output = model.forward(tf.tensor4d(input(name, shape, scale), shape), { mode: 'eval' });
      features.push(
        feature('logits', output.logits, file.logits),
        ...([1, 2, 3, 4] as const).map((stage) => feature(`stage${stage}`, output.stages[stage - 1]!, file.stages[stage])),
        feature('pooled', output.pooled, file.pooled));
    });
    return [
      check(`${file.model} state`, stateFault(shapesOf(model), file.state)),
      check(`${file.model} parameters`, countFault(parameterCount(model), file.parameters)),
      ...features,
    ];
  } finally {
    disposeModule(model);
  }
}

export type State = readonly (readonly [name: string, shape: readonly number[]])[];

export function shapesOf(module: Module): State {
  return parameters(module).map(([name, target]) => [name, torchShape(target)]);
}

export function check(name: string, fault: string | undefined): Check {
  return { name, ...(fault !== undefined && { fault }) };
}

export function countFault(actual: number, expected: number): string | undefined {
  return actual === expected ? undefined : `${actual}, expected ${expected}`;
}

/** What is missing, too much or of another shape; order does not matter. */
export function stateFault(actual: State, expected: State): string | undefined {
  const ours = new Map(actual);
  const theirs = new Map(expected);
  const faults = [
    ...expected.flatMap(([name, shape]) => {
      const found = ours.get(name);
      if (!found) return [`${name} is missing`];
      return found.join() === shape.join() ? [] : [`${name} is [${found}], expected [${shape}]`];
    }),
    ...actual.filter(([name]) => !theirs.has(name)).map(([name]) => `${name} is not in the reference`),
  ];
  return faults.length === 0 ? undefined : `${faults.length} entries differ: ${faults.slice(0, 5).join('; ')}`;
}
