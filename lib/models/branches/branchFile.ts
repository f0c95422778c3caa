import { z } from 'zod';
import { UserError } from '../../errors';
import { parseJson } from '../../io/json';
import { readSafetensors, writeSafetensors } from '../../io/safetensors/safetensors';
import { Random } from '../../tensor/random';
import type { Model } from '../model';
import { disposeModule, parameters } from '../parameter';
import { assignStored, torchShape, toStored } from '../weights/layout';
import { createExitBranch } from './createExitBranch';
import type { BranchOptions, ExitBranch } from './exitBranch';

/** A trained exit branch, and the options with which it was created. */
export interface TrainedBranch {
  readonly branch: ExitBranch;
  readonly options: Pick<BranchOptions, 'stage' | 'widthTeacher' | 'finalGrid' | 'layerNorm'>;
}

const optionsSchema = z
  .object({
    stage: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
    widthTeacher: z.number().int().positive(),
    finalGrid: z.number().int().positive(),
    layerNorm: z.boolean().default(false),
  })
  .transform(({ stage, widthTeacher, finalGrid, layerNorm }): TrainedBranch['options'] => ({
    stage,
    widthTeacher,
    finalGrid,
    layerNorm,
  }));

/** Writes the exit branches of a student to a safetensors file: `branch1.head.weight`, …. */
export async function saveBranches(student: Model, branches: readonly TrainedBranch[], file: string): Promise<void> {
  const named = branches.flatMap(({ branch, options }) => parameters(branch, `branch${options.stage}.`));
  const tensors = new Map(named.map(([name, parameter]) => [name, toStored(parameter)]));
  const options = branches.map(({ options: { stage, widthTeacher, finalGrid, layerNorm } }) => ({
    ...{ stage, widthTeacher, finalGrid, layerNorm },
  }));
  await writeSafetensors(file, tensors, { metadata: { model: student.name, branches: JSON.stringify(options) } });
}

/**
 * Creates the exit branches of a file for a student, with their weights. The caller disposes them. Throws a UserError
 * if the file does not hold branches, or if they do not fit the student.
 */
export function loadBranches(student: Model, file: string): TrainedBranch[] {
  const { metadata, tensors } = readSafetensors(file);
  const text = metadata.get('branches');
  if (text === undefined) throw new UserError(`${file} holds no exit branches. Use the file that the training wrote.`);
  const list = parseJson(
    Buffer.from(text),
    (value) => z.array(optionsSchema).parse(value),
    `The entry "branches" of ${file}`,
    'Use the file that the training wrote.',
  );
  const branches = list.map((options): TrainedBranch => {
    const shape = student.stageShapes[options.stage - 1]!;
    const sizes = { shape, widthStudent: student.width, classes: student.classes };
    return { options, branch: createExitBranch({ ...options, ...sizes }, new Random(0)) };
  });
  const named = branches.flatMap(({ branch, options }) => parameters(branch, `branch${options.stage}.`));
  const wrong = named.filter(([name, parameter]) => tensors.get(name)?.shape.join() !== torchShape(parameter).join());
  if (wrong.length > 0 || named.length !== tensors.size) {
    for (const { branch } of branches) disposeModule(branch);
    const names = wrong.slice(0, 5).map(([name]) => name);
    throw new UserError(
      `The exit branches of ${file} do not fit ${student.name} with ${student.classes} classes at ` +
        `${student.imageSize} px${names.length > 0 ? `: ${names.join(', ')}` : ''}. ` +
        'Use the branches that were trained with this student.',
    );
  }
  for (const [name, parameter] of named) assignStored(parameter, tensors.get(name)!.data);
  return branches;
}
