import type { Profile } from '../profile';
import type { RecipeInput } from '../training/recipe/recipe';
import type { Sources } from './paperRecipes';

/** One line of a table: a recipe without its seed. Equal recipes of two experiments share their runs. */
export interface Row {
  readonly name: string;
  readonly recipe: Omit<RecipeInput, 'seed'>;
  /** The file for the trained weights of the first seed, which other recipes use as their teacher. */
  readonly exportWeightsTo?: string;
  /** The sources of the numbers in a recipe at the paper's size. */
  readonly sources?: Sources;
}

/** A table, figure or ablation as a plain value. */
export interface Experiment {
  readonly name: string;
  /** Its question, in one sentence. */
  readonly title: string;
  /** Seeds of the laptop and paper profiles; the smoke profile uses the first only. */
  readonly seeds: readonly number[];
  /** The rows of each profile; empty if the experiment does not have that profile. */
  readonly rows: Readonly<Record<Profile, readonly Row[]>>;
}
