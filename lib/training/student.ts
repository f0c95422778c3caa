import { UserError } from '../errors';
import type { Model } from '../models/model';
import { disposeModule } from '../models/parameter';
import { loadWeightsFile } from '../models/weights';
import { createModel } from '../models/zoo';
import type { Random } from '../tensor/random';
import { recipeError, settingFaults } from './checkRecipe';
import { recipeFaults, type Recipe } from './recipe';
import type { Resources } from './training';

/** The student of a recipe with fresh weights. Throws one UserError that lists everything for which the run cannot be. */
export function createStudent(recipe: Recipe, resources: Resources, random: Random): Model {
  const faults = [...recipeFaults(recipe, resources.method), ...settingFaults(recipe, resources)];
  const student = build(recipe, resources, random);
  if (!(student instanceof UserError)) {
    if (faults.length === 0) return student;
    disposeModule(student);
    throw recipeError(faults);
  }
  const { message } = student;
  throw recipeError(faults.some((fault) => fault.includes(message)) ? faults : [...faults, `student: ${message}`]);
}

function build({ student, initial, imageSize }: Recipe, { train: { classes, size } }: Resources, random: Random): Model | UserError {
  try {
    const model = createModel(student, { classes: classes.length, imageSize: imageSize ?? size.height }, random);
    if (initial === undefined) return model;
    try {
      loadWeightsFile(model, initial, { allowHeadMismatch: true });
      return model;
    } catch (error) {
      disposeModule(model);
      throw error;
    }
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}
