import { z } from 'zod';
import { experiments } from '../../../lib/experiments/experiments';
import { profiles } from '../../../lib/profile';
import { plan } from '../../../lib/runs/plan/plan';
import { readPlan } from '../../../lib/runs/plan/planFile';
import type { Job } from '../../../lib/runs/plan/job';
import { recipe, recipeId } from '../../../lib/training/recipe/recipe';
import { damaged, oneOf, truncated } from '../damage';
import { damagedJson } from '../damageJson';
import type { Target } from '../target';

const jobs: readonly Job[] = Object.values(experiments).flatMap((experiment) =>
  profiles.flatMap((profile) => (experiment.rows[profile].length > 0 ? plan(experiment, profile) : [])),
);

/** Plans with one job per line: damaged, truncated, or with changed recipes, half of them with a matching id. */
export const target: Target = {
  file: 'plan.jsonl',
  make: (random) => {
    const lines = Array.from({ length: 1 + random.integer(3) }, () => JSON.stringify(oneOf(random, jobs)));
    const which = random.integer(lines.length);
    const kind = random.uniform();
    if (kind < 0.6)
      lines[which] = withMatchingId(damagedJson(random, JSON.parse(lines[which]!)), random.uniform() < 0.5);
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    if (kind < 0.7) return bytes;
    return kind < 0.85 ? truncated(random, bytes) : damaged(random, bytes);
  },
  read: async (file) => {
    const read = await readPlan(file);
    for (const job of read)
      if (recipeId(job.recipe) !== job.id) throw new Error(`the id of a job differs from its recipe's: ${job.id}`);
    return read;
  },
};

/** The job with the id of its recipe, if the recipe is still valid. */
function withMatchingId(line: string, wanted: boolean): string {
  if (!wanted) return line;
  try {
    const parsed = z.object({ recipe }).passthrough().safeParse(JSON.parse(line));
    return parsed.success ? JSON.stringify({ ...parsed.data, id: recipeId(parsed.data.recipe) }) : line;
  } catch (error) {
    // Nested too deeply to be hashed; the reader reports it.
    if (error instanceof RangeError) return line;
    throw error;
  }
}
