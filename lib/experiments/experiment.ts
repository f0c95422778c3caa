import type { Profile } from '../profile';
import type { RecipeInput } from '../training/recipe/recipe';
import type { Sources } from './paperRecipes';

/** One line of a table: a recipe without its seed. Rows of two experiments with one recipe are the same runs. */
export interface Row {
  readonly name: string;
  readonly recipe: Omit<RecipeInput, 'seed'>;
  /** Where the first seed's trained weights go, for recipes that name them as their teacher's. */
  readonly exportWeightsTo?: string;
  /** Where the numbers of a recipe of the paper's size stand. */
  readonly sources?: Sources;
}

/** A table, figure or ablation as a plain value. */
export interface Experiment {
  readonly name: string;
  /** What it asks, in one sentence. */
  readonly title: string;
  /** Seeds of the laptop and paper profiles; smoke has the first only. */
  readonly seeds: readonly number[];
  /** The rows at a size; a size that the experiment does not have gives none. */
  readonly rows: Readonly<Record<Profile, readonly Row[]>>;
}
