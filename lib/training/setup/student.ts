import { UserError } from '../../errors';
import { distillationOf, findMethod } from '../../methods/methods';
import { missingTeacher } from '../../methods/teacherAccess';
import type { Model } from '../../models/model';
import { disposeModule } from '../../models/parameter';
import { loadWeightsFile } from '../../models/weights/weights';
import { createModel } from '../../models/zoo';
import { Random } from '../../tensor/random';
import { recipeError, settingFaults, type Candidates } from './settingErrors';
import { recipeFaults, type Recipe } from '../recipe/recipe';
import type { Resources } from '../training';

/** The student of a recipe with fresh weights. Throws one UserError that lists everything for which the run cannot be. */
export function createStudent(recipe: Recipe, resources: Resources, random: Random): Model {
  const student = build(recipe, resources, random);
  const faults = faultsWith(student, recipe, resources);
  if (!(student instanceof UserError)) {
    if (faults.length === 0) return student;
    disposeModule(student);
  }
  throw recipeError(faults);
}

/** Everything for which the run of a recipe cannot be, in words; nothing is left of what is built to find out. */
export function runFaults(recipe: Recipe, candidates: Candidates): string[] {
  const student = build(recipe, candidates, new Random(recipe.seed));
  const faults = faultsWith(student, recipe, candidates);
  if (!(student instanceof UserError)) disposeModule(student);
  return faults;
}

function build(
  { student, initial, imageSize }: Recipe,
  { train: { classes, size } }: Candidates,
  random: Random,
): Model | UserError {
  return orFault(() => {
    const model = createModel(student, { classes: classes.length, imageSize: imageSize ?? size.height }, random);
    if (initial === undefined) return model;
    try {
      loadWeightsFile(model, initial, { allowHeadMismatch: true });
      return model;
    } catch (error) {
      disposeModule(model);
      throw error;
    }
  });
}

function faultsWith(student: Model | UserError, recipe: Recipe, candidates: Candidates): string[] {
  const faults = [...recipeFaults(recipe, candidates.method), ...settingFaults(recipe, candidates)];
  // The same may have been found already in the recipe's names.
  const add = (place: string, part: unknown): void => {
    if (part instanceof UserError && !faults.some((fault) => fault.includes(part.message)))
      faults.push(`${place}: ${part.message}`);
  };
  add('teacher', candidates.teacher);
  add('student', student);
  // Where nothing is wrong the method is made next in any case, and tells for itself.
  if (faults.length > 0) add('method', methodFault(student, recipe, candidates));
  return faults;
}

/** Why the method cannot be made of this student and teacher; undefined also where one of them is missing. */
function methodFault(
  student: Model | UserError,
  { method: spec, seed }: Recipe,
  { train, teacher, method }: Candidates,
): UserError | undefined {
  const chosen = method ?? findMethod(spec.kind);
  if (student instanceof UserError || teacher instanceof UserError || !chosen) return undefined;
  if (missingTeacher(chosen, teacher !== undefined) !== undefined) return undefined;
  const made = orFault(() =>
    distillationOf(
      spec,
      { student, teacher, examples: train.count, labels: train.labels, random: new Random(seed) },
      chosen,
    ),
  );
  if (made instanceof UserError) return made;
  disposeModule(made.modules);
  return undefined;
}

function orFault<T>(make: () => T): T | UserError {
  try {
    return make();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}
