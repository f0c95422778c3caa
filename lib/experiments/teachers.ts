import type { Family } from '../models/model';
import type { Experiment, Row } from './experiment';
import { optimisation, teachers } from './laptop';
import { paperTeachers } from './paperTeachers';
import { smoke } from './smoke';

const epochs: Readonly<Record<Family, number>> = { cnn: 14, transformer: 20, mlp: 10 };

const rows = (Object.keys(teachers) as Family[]).map((family): Row => ({
  name: teachers[family].model,
  exportWeightsTo: teachers[family].weights,
  recipe: {
    student: teachers[family].model,
    data: { name: 'cifar-100' },
    epochs: epochs[family],
    batchSize: 128,
    ...optimisation(family),
    evaluateEvery: 3,
  },
}));

/**
 * The teachers of all other experiments: small networks trained from scratch on all of CIFAR-100, or the paper's
 * networks, fine-tuned.
 *
 * - Reproduces: no table. The teachers of the laptop profile are ours.
 * - Expected: resnet_24 62.8 %, vit_96 47.6 %, mixer_96 47.8 % (recorded).
 * - Time: 3.6 hours with 1 or 2 threads of an AMD EPYC; at the paper's size about 65 GPU hours (estimated).
 * - Source of the recipes: ours for the laptop profile; see `paperTeachers` for the paper's.
 */
export const teacherTraining: Experiment = {
  name: 'teachers',
  title: 'How accurate are the teachers?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: paperTeachers },
};
