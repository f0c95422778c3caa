import type { Distillation } from '../../methods/method';
import { distillationOf } from '../../methods/methods';
import type { Model } from '../../models/model';
import { disposeModule } from '../../models/parameter';
import type { Random } from '../../tensor/random';
import type { Recipe } from '../recipe/recipe';
import type { Resources } from './resources';

/** Creates the method of a recipe for its student. */
export function createMethod(recipe: Recipe, resources: Resources, student: Model, random: Random): Distillation {
  const { train, teacher, teacherCache, method } = resources;
  const setting = { student, teacher, examples: train.count, labels: train.labels, random };
  const distillation = distillationOf(recipe.method, setting, method);
  if (teacherCache && distillation.readsTeacher === 'stages') {
    disposeModule(distillation.modules);
    throw new Error(`a teacher cache does not keep the stages that ${distillation.title} reads: run without a cache`);
  }
  return distillation;
}
