import { createHash } from 'node:crypto';
import path from 'node:path';
import { UserError } from '../../errors';
import { writeAtomic } from '../../io/atomic';
import { readJsonLines } from '../../io/jsonLines';
import { recipeId } from '../../training/recipe/recipe';
import { jobSchema, type Job } from './job';

/**
 * Writes jobs to `plans/HASH.jsonl` of the folder, one line of JSON each, and returns the file. The name is a hash of
 * the content: equal plans share a file.
 */
export async function writePlan(jobs: readonly Job[], runsFolder: string): Promise<string> {
  const content = jobs.map((job) => `${JSON.stringify(job)}\n`).join('');
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const file = path.join(runsFolder, 'plans', `${hash}.jsonl`);
  await writeAtomic(file, content);
  return file;
}

/**
 * Reads the jobs of a plan. Throws a UserError with the line number if the recipe of a job no longer matches its id.
 */
export function readPlan(file: string): Promise<Job[]> {
  return readJsonLines(file, (value) => {
    const job = jobSchema.parse(value);
    const id = recipeId(job.recipe);
    if (id !== job.id) {
      throw new UserError(
        `the recipe of job ${job.id} was changed; its id would now be ${id}. ` +
          'Do not edit plans: change the experiment and plan again.',
      );
    }
    return job;
  });
}
