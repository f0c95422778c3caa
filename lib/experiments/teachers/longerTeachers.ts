import type { Experiment } from '../experiment';
import { longerWeights } from '../protocol';
import { smoke } from '../smoke';
import { teacherRow } from './teachers';

const rows = [
  teacherRow('cnn', 24, longerWeights('cnn'), { precision: 'bfloat16' }),
  teacherRow('transformer', 30, longerWeights('transformer'), { precision: 'bfloat16' }),
  teacherRow('mlp', 30, longerWeights('mlp'), { precision: 'bfloat16' }),
];

/**
 * Teachers that are trained longer than those of `teachers`. Students by the protocol learn from them
 * (docs/protocol.md).
 *
 * - Reproduces: no table. These teachers are ours.
 * - Expected: resnet_24 65.5 %, vit_96 51.5 %, mixer_96 52.9 % (the last two recorded at a commit at which this
 *   experiment was named `teachers`).
 * - Time: 3.9 core-hours on an AMD EPYC with AVX-512: 2.0 for resnet_24, beside other programs, 1.9 for the others.
 * - Source of the recipes: ours.
 */
export const longerTeachers: Experiment = {
  name: 'longer-teachers',
  title: 'How accurate are the teachers after longer training?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
