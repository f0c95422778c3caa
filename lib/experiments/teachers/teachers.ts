import type { Family } from '../../models/model';
import type { Experiment, Row } from '../experiment';
import { optimisation, teachers, type Changes } from '../laptop';
import { paperTeachers } from '../paper/paperTeachers';
import { smoke } from '../smoke';

const epochs: Readonly<Record<Family, number>> = { cnn: 14, transformer: 20, mlp: 10 };

const families = Object.keys(teachers) as Family[];
const rows = families.map((family) => teacherRow(family, epochs[family], teachers[family].weights));

/** A teacher of the laptop profile, trained from scratch on all of CIFAR-100. */
export function teacherRow(family: Family, totalEpochs: number, weights: string, changes: Changes = {}): Row {
  return {
    name: teachers[family].model,
    exportWeightsTo: weights,
    recipe: {
      student: teachers[family].model,
      data: { name: 'cifar-100' },
      epochs: totalEpochs,
      batchSize: 128,
      ...optimisation(family),
      ...changes,
      evaluateEvery: 3,
    },
  };
}

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
