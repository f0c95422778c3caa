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
 * The teachers: small networks trained from scratch on all of CIFAR-100, or the paper's networks, fine-tuned.
 *
 * No published numbers exist for the small networks. Recorded: 62.8 % (CNN), 47.6 % (transformer) and 47.8 % (MLP).
 * Duration: 54 to 102 minutes per run.
 */
export const teacherTraining: Experiment = {
  name: 'teachers',
  title: 'Which accuracy do the teachers reach?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: paperTeachers },
};
