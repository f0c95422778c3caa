import type { Experiment } from './experiment';
import { longerWeights } from './protocol';
import { smoke } from './smoke';
import { teacherRow } from './teachers';

const rows = [
  teacherRow('cnn', 24, longerWeights('cnn'), { precision: 'bfloat16' }),
  teacherRow('transformer', 30, longerWeights('transformer'), { precision: 'bfloat16' }),
  teacherRow('mlp', 30, longerWeights('mlp'), { precision: 'bfloat16' }),
];

/**
 * Teachers that are trained longer than those of the recorded students. No student has been trained with them yet.
 *
 * - Reproduces: no table. These teachers are ours.
 * - Expected: vit_96 51.5 %, mixer_96 52.9 % (recorded at a commit at which this experiment was named `teachers`);
 *   resnet_24 is not recorded yet.
 * - Time: 1.9 core-hours for vit_96 and mixer_96, each with 1 thread of an AMD EPYC with AVX-512.
 * - Source of the recipes: ours.
 */
export const longerTeachers: Experiment = {
  name: 'longer-teachers',
  title: 'How accurate are the teachers after longer training?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
