import { unknownName } from '../../lib/errors';
import type { Experiment } from '../../lib/experiments/experiment';
import { experiments } from '../../lib/experiments/experiments';
import { readNetworks } from '../../lib/models/own/readNetworks';
import type { Job } from '../../lib/runs/plan/job';
import { plan, withTeachers } from '../../lib/runs/plan/plan';
import type { Selected } from './options';
import { ownExperiments } from './ownExperiments';

/** An experiment of the command line and its selected jobs. */
export interface SelectedJobs {
  readonly experiment: Experiment;
  readonly jobs: readonly Job[];
  /** The jobs, or some of them, preceded by those that train their teachers. */
  readonly withTeachers: (isSelected?: (job: Job) => boolean) => readonly Job[];
}

/**
 * Plans the jobs of an experiment of the library, or of one that the networks file exports. Throws a UserError if its
 * name is unknown.
 */
export async function selectedJobs(
  name: string,
  { profile, rows, seeds, networks: file }: Selected,
): Promise<SelectedJobs> {
  const networks = file === undefined ? undefined : await readNetworks(file);
  const known = { ...experiments, ...(file !== undefined && (await ownExperiments(file))) };
  const experiment = Object.entries(known).find(([each]) => each === name)?.[1];
  if (!experiment) throw unknownName('experiment', name, Object.keys(known));
  const jobs = plan(experiment, profile, { rows, seeds, networks });
  return {
    experiment,
    jobs,
    withTeachers: (isSelected = () => true) => withTeachers(jobs.filter(isSelected), Object.values(experiments)),
  };
}
