import type { Experiment, Row } from './experiment';
import { student } from './laptop';
import { smoke } from './smoke';

const rows: readonly Row[] = [
  {
    name: 'scratch',
    exportWeightsTo: 'data/weights/vit_64.safetensors',
    recipe: student('transformer', null, { kind: 'scratch' }),
  },
  {
    name: 'kd',
    exportWeightsTo: 'data/weights/vit_64-by-kd.safetensors',
    recipe: student('transformer', 'cnn', { kind: 'kd' }),
  },
  {
    name: 'ofa',
    exportWeightsTo: 'data/weights/vit_64-by-ofa.safetensors',
    recipe: student('transformer', 'cnn', { kind: 'ofa', exponent: 1.2 }),
  },
];

/**
 * Three curves that summarise the paper: a small ViT from scratch, and with KD and OFA from a CNN teacher.
 *
 * Expected: OFA is above KD, and KD above from scratch. Recorded: 29.5 %, 31.0 % (KD) and 29.6 % (OFA), with one seed.
 * Duration: 21 to 35 minutes per run.
 */
export const story: Experiment = {
  name: 'story',
  title: 'Do exit branches help a CNN teacher to improve a ViT?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
