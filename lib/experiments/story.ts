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

/** The paper's story in three curves: a small ViT alone, with KD and with OFA, taught by a CNN. */
export const story: Experiment = {
  name: 'story',
  title: 'Does a CNN teach a ViT better through exit branches?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
