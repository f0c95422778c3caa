import { anchor } from './teachers/anchor';
import { cka } from './comparisons/cka';
import { crossFamily } from './comparisons/crossFamily';
import { epsilon } from './ablations/epsilon';
import type { Experiment } from './experiment';
import { longerTeachers } from './teachers/longerTeachers';
import { otherMethods } from './comparisons/methods';
import { paperAugmentation } from './comparisons/augmentation';
import { paperCifar100, paperImageNet } from './paper/paper';
import { precision } from './ablations/precision';
import { sameFamily } from './comparisons/sameFamily';
import { stages } from './ablations/stages';
import { story } from './comparisons/story';
import { trainingLength } from './comparisons/trainingLength';
import { teacherTraining } from './teachers/teachers';
import { tunedComparison } from './tuning/tuned';
import { tuning } from './tuning/tuning';
import { weightClip } from './ablations/weightClip';

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
    trainingLength,
    paperAugmentation,
    paperCifar100,
    paperImageNet,
  ].map((experiment) => [experiment.name, experiment]),
);
