import type { Profile } from '../profile';
import type { RecipeInput } from '../training/recipe/recipe';
import type { Sources } from './paper/paperRecipes';

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

/**
 * A search for the best of several candidates by successive halving (Jamieson and Talwalkar 2016). Each candidate has a
 * row in every round.
 */
export interface Search {
  readonly name: string;
  readonly rounds: readonly SearchRound[];
}

export interface SearchRound {
  /** The rows of all candidates, in the same order in every round. */
  readonly rows: readonly string[];
  /** How many candidates take part: all of them in the first round, then the best ones of the round before. */
  readonly size: number;
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
  /** If given, `run` trains only the rows that these searches ask for. */
  readonly searches?: readonly Search[];
}
