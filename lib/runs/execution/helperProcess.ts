import { disposeModule } from '../../models/parameter';
import { restoreCheckpoint } from '../../training/checkpoint/checkpoint';
import type { Group } from '../../training/step/processGroup';
import { Training } from '../../training/training';
import { loadData } from '../inputs/data';
import { loadRecipeTeacher } from '../inputs/teacher';
import { jobNetworks } from '../inputs/jobNetworks';
import type { Job } from '../plan/job';
import { runFolderOf } from '../runFolder/paths';

/**
 * Trains a job as one of several processes that share each batch, from the checkpoint of the leading process to the
 * end of the recipe. Writes no files: the leading process does.
 */
export async function runHelper(job: Job, runsFolder: string, group: Group): Promise<void> {
  const { recipe } = job;
  const { train, test } = await loadData(recipe.data, recipe.imageSize);
  const networks = await jobNetworks(job);
  const teacher = loadRecipeTeacher(recipe, { train, test }, { networks })?.model;
  const training = new Training(recipe, { train, test, ...(teacher && { teacher }), networks });
  try {
    restoreCheckpoint(training, runFolderOf(job, runsFolder));
    const events = training.run({ group });
    while ((await events.next()).done !== true);
  } finally {
    training.dispose();
    if (teacher) disposeModule(teacher);
  }
}
