import { unknownName } from '../errors';
import { epsilon } from './epsilon';
import type { Experiment } from './experiment';
import { story } from './story';
import { teacherTraining } from './teachers';

/** Every experiment by name. */
export const experiments: Readonly<Record<string, Experiment>> = Object.fromEntries(
  [teacherTraining, story, epsilon].map((experiment) => [experiment.name, experiment]));

/** The experiment of that name. Throws a UserError that names the nearest ones. */
export function experimentNamed(name: string): Experiment {
  const experiment = Object.hasOwn(experiments, name) ? experiments[name] : undefined;
  if (!experiment) throw unknownName('experiment', name, Object.keys(experiments));
  return experiment;
}
