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

/** The networks that teach: small ones trained from scratch on all of CIFAR-100, or the paper's, fine-tuned. */
export const teacherTraining: Experiment = {
  name: 'teachers',
  title: 'How good are the teachers?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: paperTeachers },
};
