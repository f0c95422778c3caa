import { existsSync } from 'node:fs';
import { UserError, unknownName } from '../../errors';
import type { Experiment } from '../../experiments/experiment';
import type { OwnNetworks } from '../../models/own/network';
import type { Profile } from '../../profile';
import { completeRecipe } from '../../training/recipe/completeRecipe';
import { namesOwnNetwork } from '../../training/recipe/ownParts';
import { recipeId } from '../../training/recipe/recipe';
import { teacherWeightsFiles, type Job } from './job';

/**
 * Rows by name and seeds; a repeated one counts once. Default: all rows; the first seed of the smoke profile, all seeds
 * of the others.
 */
export interface Selection {
  readonly rows?: readonly string[];
  readonly seeds?: readonly number[];
  /** Networks of the user that rows may name. */
  readonly networks?: OwnNetworks | undefined;
}

/**
 * The jobs of an experiment at a profile: each selected row with each seed. Throws a UserError if the experiment has
 * no rows at this profile, or if a selected row does not exist.
 */
export function plan(experiment: Experiment, profile: Profile, { rows, seeds, networks }: Selection = {}): Job[] {
  const all = experiment.rows[profile];
  const names = all.map(({ name }) => name);
  if (all.length === 0) throw new UserError(`Experiment ${experiment.name} has no rows at the profile "${profile}".`);
  for (const name of rows ?? []) if (!names.includes(name)) throw unknownName(`row of ${experiment.name}`, name, names);

  const [firstSeed] = experiment.seeds;
  const chosenSeeds =
    (seeds && [...new Set(seeds)]) ?? (profile === 'smoke' ? experiment.seeds.slice(0, 1) : experiment.seeds);
  return all
    .filter(({ name }) => !rows || rows.includes(name))
    .flatMap((row) =>
      chosenSeeds.map((seed): Job => {
        const recipe = completeRecipe({ ...row.recipe, seed }, { networks });
        const file = namesOwnNetwork(recipe, networks) ? networks?.file : undefined;
        return {
          id: recipeId(recipe),
          experiment: experiment.name,
          row: row.name,
          profile,
          recipe,
          ...(file !== undefined && { networks: file }),
          ...(row.exportWeightsTo !== undefined && seed === firstSeed && { exportWeightsTo: row.exportWeightsTo }),
        };
      }),
    );
}

/**
 * The jobs, preceded by those of the given experiments that train their teachers, where the weights do not exist yet.
 */
export function withTeachers(jobs: readonly Job[], experiments: readonly Experiment[]): Job[] {
  const exported = new Set(jobs.map(({ exportWeightsTo }) => exportWeightsTo));
  const missing = new Set(jobs.flatMap(teacherWeightsFiles).filter((file) => !exported.has(file) && !existsSync(file)));
  const [first] = jobs;
  if (missing.size === 0 || first === undefined) return [...jobs];

  const teachers = experiments
    .filter(({ rows }) => rows[first.profile].length > 0)
    .flatMap((experiment) => plan(experiment, first.profile, { seeds: experiment.seeds.slice(0, 1) }))
    .filter(({ exportWeightsTo }) => exportWeightsTo !== undefined && missing.has(exportWeightsTo));
  return [...new Map(teachers.map((teacher) => [teacher.exportWeightsTo, teacher])).values(), ...jobs];
}

/** The jobs of the list that must finish before this one: those that train its teacher. */
export function prerequisites(job: Job, jobs: readonly Job[]): Job[] {
  const files = teacherWeightsFiles(job);
  return jobs.filter(
    (one) => one.exportWeightsTo !== undefined && files.includes(one.exportWeightsTo) && one.id !== job.id,
  );
}
