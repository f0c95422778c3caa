import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UserError, unknownName } from '../../errors';
import type { Experiment, Row } from '../../experiments/experiment';
import { writeAtomic } from '../../io/atomic';
import { readJson } from '../../io/json';
import { readJsonLines } from '../../io/jsonLines';
import { profiles, type Profile } from '../../profile';
import { parseRecord } from '../../results/records/readRecords';
import type { RunRecord } from '../../results/records/record';
import { completeRecipe, recipe, recipeId } from '../../training/recipe/recipe';
import { homeOf, recordOf } from '../runFolder/paths';

const job = z.object({
  /** Hash of the recipe: equal jobs have equal ids, and one that is finished is never run again. */
  id: z.string(),
  experiment: z.string(),
  row: z.string(),
  profile: z.enum(profiles),
  recipe,
  /** Where the trained weights go, for jobs that are taught by them. */
  publishes: z.string().optional(),
  /** What makes the record again, where it is no experiment's. */
  command: z.string().optional(),
});

/** One run of a grid: a row of an experiment with a seed. */
export type Job = Readonly<z.output<typeof job>>;

export interface Selection {
  readonly rows?: readonly string[];
  readonly seeds?: readonly number[];
}

/** The jobs of an experiment at a size: every row with every seed. Throws a UserError that names the nearest rows to an unknown one. */
export function plan(experiment: Experiment, profile: Profile, { rows, seeds }: Selection = {}): Job[] {
  const known = experiment.rows[profile];
  if (known.length === 0) throw new UserError(`Experiment ${experiment.name} has no rows at the profile "${profile}".`);
  for (const name of rows ?? [])
    if (!known.some((row) => row.name === name))
      throw unknownName(
        `row of ${experiment.name}`,
        name,
        known.map((row) => row.name),
      );
  const [first, ...others] = experiment.seeds;
  return known
    .filter(({ name }) => !rows || rows.includes(name))
    .flatMap((row: Row) =>
      (seeds ?? (profile === 'smoke' ? [first] : [first, ...others])).map((seed): Job => {
        const complete = completeRecipe({ ...row.recipe, seed });
        return {
          id: recipeId(complete),
          experiment: experiment.name,
          row: row.name,
          profile,
          recipe: complete,
          ...(row.publishes !== undefined && seed === first && { publishes: row.publishes }),
        };
      }),
    );
}

/** The jobs, with those of the given experiments before them that train teachers whose weights are not there yet. */
export function withTeachers(jobs: readonly Job[], experiments: readonly Experiment[]): Job[] {
  const missing = new Set(
    jobs
      .map(teacherWeights)
      .filter((file) => file !== undefined && !existsSync(file) && !jobs.some(({ publishes }) => publishes === file)),
  );
  const [profile] = jobs.map((one) => one.profile);
  if (missing.size === 0 || profile === undefined) return [...jobs];
  const teachers = experiments
    .filter(({ rows }) => rows[profile].length > 0)
    .flatMap((experiment) => plan(experiment, profile, { seeds: experiment.seeds.slice(0, 1) }))
    .filter(({ publishes }) => publishes !== undefined && missing.has(publishes));
  return [...new Map(teachers.map((one) => [one.publishes, one])).values(), ...jobs];
}

/** The jobs of the list that must be finished before this one: those that train its teacher. */
export function needs(one: Job, jobs: readonly Job[]): Job[] {
  const file = teacherWeights(one);
  return file === undefined ? [] : jobs.filter(({ id, publishes }) => publishes === file && id !== one.id);
}

/** What makes a job's record again. */
export function jobCommand({ experiment, row, recipe: { seed }, profile, command }: Job): string {
  return command ?? `npm run experiment -- run ${experiment} --rows ${row} --seeds ${seed} --profile ${profile}`;
}

/** The record of a job, if it has been finished in this folder. */
export async function finishedRecord(one: Job, folder: string): Promise<RunRecord | undefined> {
  const file = recordOf(homeOf(one, folder));
  if (!existsSync(file)) return undefined;
  return asTold(one, await readJson(file, parseRecord));
}

/** The same training may stand in two tables: its record is told under the name that asks. */
export function asTold(one: Job, record: RunRecord): RunRecord {
  return { ...record, experiment: one.experiment, row: one.row, command: jobCommand(one) };
}

/** Writes a plan, a line of JSON each, under a name that follows from its content: equal plans are one file. */
export async function writePlan(jobs: readonly Job[], folder: string): Promise<string> {
  const content = jobs.map((one) => `${JSON.stringify(one)}\n`).join('');
  const file = path.join(folder, 'plans', `${createHash('sha256').update(content).digest('hex').slice(0, 12)}.jsonl`);
  await writeAtomic(file, content);
  return file;
}

/** The jobs of a plan. Throws a UserError that names the line of a job whose recipe is no longer that of its id. */
export function readPlan(file: string): Promise<Job[]> {
  return readJsonLines(file, (value) => {
    const one = job.parse(value);
    if (recipeId(one.recipe) !== one.id)
      throw new UserError(
        `the recipe of job ${one.id} was changed, and makes it job ${recipeId(one.recipe)}. Plan anew instead of editing.`,
      );
    return one;
  });
}

function teacherWeights({ recipe: { teacher } }: Job): string | undefined {
  return teacher === null || teacher.weights === 'fresh' ? undefined : teacher.weights;
}
