/** The part of `lib/training` that notebooks use: `import { Training } from './lib/training/index'`. */
// A recipe with its defaults filled in, and the loop that trains by it.
export { completeRecipe, parseRecipe, type Recipe, type RecipeInput } from './recipe/recipe';
export { Training } from './training';
// The classes that a trained network predicts.
export { predictions } from './evaluation/evaluate';
