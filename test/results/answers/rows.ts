import type { Finding } from '../../../lib/results/claims/findings';
import type { RecordedRow } from '../../../lib/results/tables/recordedRows';
import { sampleRecord } from '../support';

/** A recorded row with one run per value of `top1`; the seeds count from 0. */
export function sampleRow(
  name: string,
  { method, teacher = 'resnet_24', student = 'vit_64', clipNorm, top1, experiment = 'test' }: SampleRowOptions,
): RecordedRow {
  return {
    experiment,
    row: name,
    recipe: {
      student,
      teacher: teacher === null ? null : { model: teacher, weights: 'fresh' },
      ...(method && { method }),
      data: { name: 'cifar-100' },
      epochs: 2,
      batchSize: 32,
      optimizer: { name: 'sgd' },
      learningRate: 0.1,
      schedule: { kind: 'cosine', min: 0, per: 'step' },
      weightDecay: 0,
      ...(clipNorm !== undefined && { clipNorm }),
    },
    seeds: [0, 1, 2],
    runs: top1.map((value, seed) => sampleRecord({ experiment, row: name, seed, top1: value, id: `${name} ${seed}` })),
    command: `npm run experiment -- run ${experiment} --rows ${name}`,
  };
}

interface SampleRowOptions {
  readonly method?: RecordedRow['recipe']['method'];
  readonly teacher?: string | null;
  readonly student?: string;
  readonly clipNorm?: number;
  readonly top1: readonly number[];
  readonly experiment?: string;
}

/** A finding that its claim does not hold, by 2.5 points. */
export const sampleFinding: Finding = {
  claim: 3,
  text: 'A is better than B.',
  test: 'A minus B.',
  unit: 'points',
  verdict: 'does not hold',
  effect: -2.5,
  low: -3.2,
  high: -1.85,
  seeds: 3,
  label: 'mixer_96 → vit_64, KD',
  shown: 'worst',
  comparisons: { recorded: 24, weighed: 6, required: 42 },
  records: ['a'],
};
