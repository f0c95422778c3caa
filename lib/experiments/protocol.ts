import type { Family } from '../models/model';
import type { MethodInput } from '../methods/methods';
import type { RecipeInput } from '../training/recipe/recipe';
import { student, teachers } from './laptop';

type Recipe = Omit<RecipeInput, 'seed'>;

/** The weights that the experiment `longer-teachers` exports. */
export const longerWeights = (family: Family): string => `data/weights/${teachers[family].model}-longer.safetensors`;

/**
 * The recipe of a student by the protocol (docs/protocol.md): as in the laptop profile, with the teachers that were
 * trained longer, in mixed precision, and evaluated after the last epoch.
 */
export function protocolRecipe(studentFamily: Family, teacher: Family | null, method: MethodInput): Recipe {
  const recipe = student(studentFamily, null, method, { precision: 'bfloat16' });
  return {
    ...recipe,
    teacher: teacher === null ? null : { model: teachers[teacher].model, weights: longerWeights(teacher) },
    evaluateEvery: recipe.epochs,
  };
}
