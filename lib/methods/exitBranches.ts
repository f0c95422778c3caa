import { z } from 'zod';
import { createExitBranch } from '../models/branches/createExitBranch';
import type { ExitBranch } from '../models/branches/exitBranch';
import type { Model, StageShape } from '../models/model';
import type { Exit, Setting } from './method';
import { stages } from './stages';

const exponent = z.number().positive().finite();
const weight = z.number().nonnegative();

/** The options that methods with exit branches share. */
export const exitOptions = {
  /** ε (γ in the paper): one number for all, or a list with one for each stage in use and then one for the logits. */
  exponent: z.union([exponent, z.array(exponent)]).default(1),
  temperature: z.number().positive().finite().default(1),
  stages,
  /** Weight of the loss on the logits: the released code's `kd-loss-weight`. */
  logitsWeight: weight.default(1),
  /** Weight of the loss of each branch: the released code's `ofa-loss-weight`. */
  branchWeight: weight.default(1),
  /** Side of the grid to which branches merge tokens. Default: see `defaultFinalGrid`. */
  finalGrid: z.number().int().positive().optional(),
};
type ExitOptions = z.output<z.ZodObject<typeof exitOptions>>;

/** Rejects a list of exponents whose length does not fit the stages. */
export function checkExponents(
  { exponent: list, stages: used }: Pick<ExitOptions, 'exponent' | 'stages'>,
  context: z.RefinementCtx,
): void {
  if (!Array.isArray(list) || list.length === used.length + 1) return;
  context.addIssue({
    code: 'custom',
    path: ['exponent'],
    message: `has ${list.length} values; ${used.length} stages and the logits need ${used.length + 1}`,
  });
}

/** Rejects weights with which the method, or its branches, would have no effect. */
export function checkBranchWeights(
  { logitsWeight, branchWeight, stages: used }: Pick<ExitOptions, 'logitsWeight' | 'branchWeight' | 'stages'>,
  context: z.RefinementCtx,
): void {
  const reject = (field: string, message: string): void => context.addIssue({ code: 'custom', path: [field], message });
  if (logitsWeight === 0 && (branchWeight === 0 || used.length === 0)) {
    reject('logitsWeight', 'is 0, and no branch has a weight');
  } else if (branchWeight === 0 && used.length > 0) {
    reject('branchWeight', 'is 0, and the branches would have no effect; use stages: []');
  }
}

/** The exponent of a branch, or of the logits, which come last. */
export const exponentAt = (given: number | readonly number[], index: number): number =>
  typeof given === 'number' ? given : given[index]!;

/** Creates an exit branch on each of the stages. `modules` holds the branches by the names of their exits. */
export function exitBranches(
  {
    stages: used,
    finalGrid,
    layerNorm = false,
  }: Pick<ExitOptions, 'stages' | 'finalGrid'> & {
    /** A layer norm before the last linear layer of the branches of spatial stages. Default: false. */
    readonly layerNorm?: boolean;
  },
  { student, teacher, random }: Setting<'logits'>,
): { readonly modules: Readonly<Record<string, ExitBranch>>; readonly exits: readonly Exit[] } {
  const branches = used.map((stage) => {
    const shape = student.stageShapes[stage - 1]!;
    const widths = { widthStudent: student.width, widthTeacher: teacher.width };
    const grid = { finalGrid: finalGrid ?? defaultFinalGrid(shape, student) };
    const name = `branch${stage}`;
    const options = { stage, shape, ...widths, classes: student.classes, ...grid, layerNorm };
    return { name, stage, options, branch: createExitBranch(options, random.fork(name)) };
  });
  return {
    modules: Object.fromEntries(branches.map(({ name, branch }) => [name, branch])),
    exits: branches.map(({ name, stage, branch, options }) => ({
      name,
      stage,
      logits: (output, mode) => branch.apply(output.stages[stage - 1]!, mode),
      trained: { branch, options },
    })),
  };
}

/**
 * 7 at 224 pixels, as in the released code. At other sizes the counterpart of 7: the grid of the last stage if the
 * stages get coarser (Swin), otherwise half the grid of tokens.
 */
function defaultFinalGrid(shape: StageShape, { imageSize, stageShapes: [, , , last] }: Model): number {
  if (imageSize === 224 || shape.kind === 'spatial' || last.kind === 'spatial') return 7;
  return Math.min(last.grid, Math.ceil(shape.grid / 2));
}
