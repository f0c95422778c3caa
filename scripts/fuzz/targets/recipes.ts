import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { experiments } from '../../../lib/experiments/experiments';
import { parseRecipe } from '../../../lib/training/recipe/completeRecipe';
import { recipeId, type RecipeInput } from '../../../lib/training/recipe/recipe';
import { learningRate } from '../../../lib/training/recipe/schedule';
import { oneOf } from '../damage';
import { damagedJson } from '../damageJson';
import type { Target } from '../target';

/** All recipes of the experiments. */
const known: readonly RecipeInput[] = Object.values(experiments)
  .flatMap(({ rows }) => [...rows.smoke, ...rows.laptop, ...rows.paper])
  .map(({ recipe }) => recipe);

/** Accepts any value. */
const anything = z.custom<RecipeInput>();

/** Recipes of the experiments with random changes. */
export const target: Target = {
  file: 'recipe.json',
  make: (random) => Buffer.from(damagedJson(random, oneOf(random, known))),
  read: (file) => {
    const complete = parseRecipe(anything.parse(JSON.parse(readFileSync(file, 'utf8'))));
    if (!isDeepStrictEqual(parseRecipe(complete), complete)) throw new Error('completing a complete recipe changes it');
    if (recipeId(complete) !== recipeId(parseRecipe(structuredClone(complete))))
      throw new Error('equal recipes have different ids');
    const rates = [0, 0.5, complete.epochs - 1].map((time) =>
      learningRate(complete.schedule, complete.learningRate, complete.epochs, time),
    );
    if (!rates.every((rate) => Number.isFinite(rate) && rate >= 0)) throw new Error(`learning rates ${rates.join()}`);
    return complete;
  },
  place: /^The recipe is invalid:\n {2}\S/,
};
