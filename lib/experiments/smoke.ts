import type { Row } from './experiment';

/** Returns the same rows at the size of the smoke profile: two short epochs of synthetic images, untrained teachers. */
export function smoke(rows: readonly Row[]): readonly Row[] {
  return rows.map(({ name, recipe }) => ({
    name,
    recipe: {
      ...recipe,
      teacher: recipe.teacher ? { model: recipe.teacher.model, weights: 'fresh' } : null,
      data: { name: 'synthetic', trainImages: 96 },
      epochs: 2,
      batchSize: 32,
      evaluateEvery: 1,
    },
  }));
}
