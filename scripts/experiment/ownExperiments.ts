import { z } from 'zod';
import { schemaErrors, UserError } from '../../lib/errors';
import type { Experiment } from '../../lib/experiments/experiment';
import { experiments } from '../../lib/experiments/experiments';
import { exportsOf } from '../../lib/models/own/readNetworks';

const name = z.string().regex(/^[a-z][a-z0-9-]*$/i, 'use letters, digits and "-", after a letter');
const rows = z
  .array(z.object({ name: z.string().min(1), recipe: z.object({}).passthrough() }).passthrough())
  .refine((all) => new Set(all.map((row) => row.name)).size === all.length, 'two rows have the same name')
  .default([]);

/** Checks what TypeScript checks in a project. `plan` checks the recipes. */
const schema = z
  .object({
    name,
    title: z.string(),
    seeds: z.array(z.number().int().nonnegative()).min(1),
    rows: z.object({ smoke: rows, laptop: rows, paper: rows }).strict(),
  })
  .passthrough();

/**
 * The experiments that a networks file exports, by name. Profiles that an experiment leaves out have no rows. Throws a
 * UserError if one is not valid, or has the name of an experiment of this library.
 */
export async function ownExperiments(file: string): Promise<Readonly<Record<string, Experiment>>> {
  const exported: [name: string, value: unknown][] = Object.entries(await exportsOf(file));
  const own = exported.flatMap(([each, value]) => (looksLikeExperiment(value) ? [checked(file, each, value)] : []));
  return Object.fromEntries(own.map((experiment) => [experiment.name, experiment]));
}

/** Whether an experiment is one of the library, whose records belong to the project. */
export function isOfLibrary(experiment: string): boolean {
  return Object.hasOwn(experiments, experiment);
}

function looksLikeExperiment(value: unknown): value is Experiment {
  return typeof value === 'object' && value !== null && 'rows' in value && 'seeds' in value;
}

function checked(file: string, exported: string, value: Experiment): Experiment {
  const result = schema.safeParse(value);
  if (!result.success) {
    const errors = schemaErrors(result.error, value).map((error) => `\n  ${error}`);
    throw new UserError(`${file}: ${exported} is not a valid experiment:${errors.join('')}`);
  }
  if (isOfLibrary(value.name)) {
    throw new UserError(`${file} has an experiment named ${value.name}, as this library does. Rename yours.`);
  }
  const { smoke = [], laptop = [], paper = [] }: Partial<Experiment['rows']> = value.rows;
  return { ...value, rows: { smoke, laptop, paper } };
}
