import { z } from 'zod';
import { createExitBranch } from '../../lib/models/branches/createExitBranch';
import type { Model, StageShape } from '../../lib/models/model';
import { disposeModule, parameterCount, type Module } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { Random } from '../../lib/tensor/random';
import { releasedName } from './branchNames';
import { check, countError, type Check } from './check';
import { stateSchema } from './schemas';
import { shapesOf, stateError } from './state';

export const branchesSchema = z.array(
  z.object({
    student: z.string(),
    teacher: z.string(),
    student_parameters: z.number(),
    branches: z.array(
      z.object({
        stage: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
        feature: z.array(z.number()),
        parameters: z.number(),
        state: stateSchema,
      }),
    ),
  }),
);

/** The reference networks are for CIFAR-100 at 224 px, where tokens are merged to a grid of 7 × 7. */
const classes = 100;
const finalGrid = 7;

/**
 * Compares the student's parameter count, and each branch's feature shape, parameter names, shapes and count, of every
 * pair.
 */
export function checkBranches(pairs: z.infer<typeof branchesSchema>): Check[] {
  const widths = new Map(
    [...new Set(pairs.map(({ teacher }) => teacher))].map((name) => [name, withModel(name, ({ width }) => width)]),
  );
  return pairs.flatMap(({ student: studentName, teacher, student_parameters: size, branches }) =>
    withModel(studentName, (student) => [
      check(`${studentName} parameters`, countError(parameterCount(student), size)),
      ...branches.flatMap(({ stage, feature, parameters, state }) => {
        const name = `${studentName} with teacher ${teacher}, branch ${stage}`;
        const shape = student.stageShapes[stage - 1]!;
        const branch: Module = createExitBranch(
          { stage, shape, widthStudent: student.width, widthTeacher: widths.get(teacher)!, classes, finalGrid },
          new Random(0),
        );
        const checks = [
          check(
            `${name}: feature`,
            featureOf(shape).join() === feature.join() ? undefined : `[${featureOf(shape)}], expected [${feature}]`,
          ),
          check(
            `${name}: state`,
            stateError(
              shapesOf(branch).map(([path, dims]) => [releasedName(path, { stage, shape }), dims]),
              state,
            ),
          ),
          check(`${name}: parameters`, countError(parameterCount(branch), parameters)),
        ];
        disposeModule(branch);
        return checks;
      }),
    ]),
  );
}

function withModel<T>(name: string, use: (model: Model) => T): T {
  const model = createModel(name, { classes }, new Random(0));
  try {
    return use(model);
  } finally {
    disposeModule(model);
  }
}

/** A stage's shape in PyTorch's order: [channels, size, size] or [tokens, channels]. */
function featureOf(shape: StageShape): number[] {
  return shape.kind === 'spatial'
    ? [shape.channels, shape.size, shape.size]
    : [shape.grid ** 2 + (shape.classToken ? 1 : 0), shape.channels];
}
