import type { Row } from './experiment';

/** The same rows at the size of a test: two short epochs of synthetic images, and a teacher with fresh weights. */
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
