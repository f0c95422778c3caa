import { UserError } from '../../errors';
import { distillationOf, findMethod } from '../../methods/methods';
import { missingTeacher } from '../../methods/teacherAccess';
import type { Model } from '../../models/model';
import { disposeModule } from '../../models/parameter';
import { loadWeightsFile } from '../../models/weights/weights';
import { createModel } from '../../models/zoo';
import { Random } from '../../tensor/random';
import { invalidRecipe, recipeErrors } from '../recipe/completeRecipe';
import type { Recipe } from '../recipe/recipe';
import type { CandidateResources, Resources } from './resources';
import { settingErrors } from './settingErrors';

/** Creates the student of a recipe. Throws one UserError that lists everything that prevents the run. */
export function createStudent(recipe: Recipe, resources: Resources, random: Random): Model {
  const student = build(recipe, resources, random);
  const errors = errorsWith(student, recipe, resources);
  if (!(student instanceof UserError)) {
    if (errors.length === 0) return student;
    disposeModule(student);
  }
  throw invalidRecipe(errors);
}

/** Lists everything that prevents the run of a recipe. Networks that are created for the check are freed. */
export function runErrors(recipe: Recipe, resources: CandidateResources): string[] {
  const student = build(recipe, resources, new Random(recipe.seed));
  const errors = errorsWith(student, recipe, resources);
  if (!(student instanceof UserError)) disposeModule(student);
  return errors;
}

function build(
  { student, initial, imageSize }: Recipe,
  { train, networks }: CandidateResources,
  random: Random,
): Model | UserError {
  return orUserError(() => {
    const size = { classes: train.classes.length, imageSize: imageSize ?? train.size.height };
    const model = createModel(student, { ...size, networks }, random);
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

function errorsWith(student: Model | UserError, recipe: Recipe, resources: CandidateResources): string[] {
  const errors = [...recipeErrors(recipe, resources), ...settingErrors(recipe, resources)];
  const add = (field: string, part: unknown): void => {
    // The check of the names may have found the same.
    if (part instanceof UserError && !errors.some((error) => error.includes(part.message))) {
      errors.push(`${field}: ${part.message}`);
    }
  };
  add('teacher', resources.teacher);
  add('student', student);
  if (!(student instanceof UserError)) errors.push(...stageErrors(student));
  // Without other errors the caller creates the method next, which throws its own error.
  if (errors.length > 0) add('method', methodError(student, recipe, resources));
  return errors;
}

/** An image of one patch, or of one position after the first stage, has nothing left to combine. */
function stageErrors({ name, imageSize, stageShapes: [first] }: Model): string[] {
  if ((first.kind === 'spatial' ? first.size : first.grid) > 1) return [];
  return [`imageSize: at ${imageSize} pixels stage 1 of ${name} has one position. Use a larger imageSize`];
}

/** The error with which the method cannot be created; undefined if the student or the teacher is missing. */
function methodError(
  student: Model | UserError,
  { method: spec, seed }: Recipe,
  { train, teacher, method }: CandidateResources,
): UserError | undefined {
  const chosen = method ?? findMethod(spec.kind);
  if (student instanceof UserError || teacher instanceof UserError || !chosen) return undefined;
  if (missingTeacher(chosen, teacher !== undefined) !== undefined) return undefined;
  const setting = { student, teacher, examples: train.count, labels: train.labels, random: new Random(seed) };
  const created = orUserError(() => distillationOf(spec, setting, chosen));
  if (created instanceof UserError) return created;
  disposeModule(created.modules);
  return undefined;
}

function orUserError<T>(create: () => T): T | UserError {
  try {
    return create();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}
