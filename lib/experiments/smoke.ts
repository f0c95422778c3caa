import type { Row } from './experiment';

/** The same rows at a size for tests: two short epochs of made-up images, a teacher with fresh weights. */
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
