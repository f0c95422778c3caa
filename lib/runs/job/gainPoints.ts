import { disposeModule } from '../../models/parameter';
import { restoreCheckpoint } from '../../training/checkpoint';
import type { Group } from '../../training/group';
import { Training } from '../../training/training';
import { homeOf } from '../runFolder/paths';
import { type Job } from './job';
import { loadData, teacherFor } from './materials';

/** Works at a job as one of several processes, from where the one that leads stands, to the end of its recipe. Leaves nothing behind: the one that leads does. */
export async function helpAt(job: Job, folder: string, group: Group): Promise<void> {
  const { recipe } = job;
  const { train, test } = await loadData(recipe.data, recipe.imageSize);
  const teacher = teacherFor(recipe, { train, test })?.model;
  const training = new Training(recipe, { train, test, ...(teacher && { teacher }) });
  try {
    restoreCheckpoint(training, homeOf(job, folder));
    const events = training.run({ group });
    while ((await events.next()).done !== true);
  } finally {
    training.dispose();
    if (teacher) disposeModule(teacher);
  }
}
