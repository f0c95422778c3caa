import type { Profile } from '../profile';
import type { RecipeInput } from '../training/recipe/recipe';
import type { Sources } from './paperRecipes';

/** One line of a table: a recipe without its seed. Rows of two experiments with equal recipes share their runs. */
export interface Row {
  readonly name: string;
  readonly recipe: Omit<RecipeInput, 'seed'>;
  /**
   * File to which the weights of the first seed are copied, for recipes that name it as the weights of their teacher.
   */
  readonly exportWeightsTo?: string;
  /** Sources of the numbers in a recipe of the paper's size. */
  readonly sources?: Sources;
}

/** A table, figure or ablation as a plain value. */
export interface Experiment {
  readonly name: string;
  /** The question that it answers, in one sentence. */
  readonly title: string;
  /** Seeds of the laptop and paper profiles. The smoke profile uses the first only. */
  readonly seeds: readonly number[];
  /** The rows at each profile; empty for profiles that the experiment does not have. */
  readonly rows: Readonly<Record<Profile, readonly Row[]>>;
}
