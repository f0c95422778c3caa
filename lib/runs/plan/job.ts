import { z } from 'zod';
import { profiles } from '../../profile';
import type { RunRecord } from '../../results/records/record';
import { recipe } from '../../training/recipe/recipe';
import { teachersOf } from '../../training/recipe/teacherSpec';

/** Schema of a job, as plans and `recipe.json` store it. */
export const jobSchema = z.object({
  /** Hash of the recipe. Equal recipes are one run, and a finished run is not repeated. */
  id: z.string(),
  experiment: z.string(),
  row: z.string(),
  profile: z.enum(profiles),
  recipe,
  /** File to which the trained weights are copied, for jobs whose recipe names it as the weights of their teacher. */
  exportWeightsTo: z.string().optional(),
  /** File with the networks of the user that the recipe names. */
  networks: z.string().optional(),
  /** Command that reproduces the record of a job that belongs to no experiment. */
  command: z.string().optional(),
});

/** One run of a grid: a row of an experiment with one seed. */
export type Job = Readonly<z.output<typeof jobSchema>>;

/** The command that reproduces the record of a job. */
export function jobCommand({ experiment, row, recipe: { seed }, profile, command }: Job): string {
  return command ?? `npm run experiment -- run ${experiment} --rows ${row} --seeds ${seed} --profile ${profile}`;
}

/** The weights files of a job's teachers, without those whose weights are fresh. */
export function teacherWeightsFiles({ recipe: { teacher } }: Job): string[] {
  return teachersOf(teacher).flatMap(({ weights }) => (weights === 'fresh' ? [] : [weights]));
}

/**
 * The record under the names of this job. Two experiments may share one run; its folder names the one that ran first.
 */
export function recordUnder(job: Job, record: RunRecord): RunRecord {
  return { ...record, experiment: job.experiment, row: job.row, command: jobCommand(job) };
}
