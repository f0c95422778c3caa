import { anchor } from './anchor';
import { cka } from './cka';
import { crossFamily } from './crossFamily';
import { epsilon } from './epsilon';
import type { Experiment } from './experiment';
import { longerTeachers } from './longerTeachers';
import { otherMethods } from './methods';
import { paperCifar100, paperImageNet } from './paper';
import { precision } from './precision';
import { sameFamily } from './sameFamily';
import { stages } from './stages';
import { story } from './story';
import { teacherTraining } from './teachers';
import { tunedComparison } from './tuning/tuned';
import { tuning } from './tuning/tuning';
import { weightClip } from './weightClip';

/** Every experiment by its name. To add one: write its file, add it here. */
export const experiments: Readonly<Record<string, Experiment>> = Object.fromEntries(
  [
    teacherTraining,
    longerTeachers,
    anchor,
    cka,
    story,
    crossFamily,
    sameFamily,
    otherMethods,
    epsilon,
    stages,
    weightClip,
    precision,
    tuning,
    tunedComparison,
    paperCifar100,
    paperImageNet,
  ].map((experiment) => [experiment.name, experiment]),
);
