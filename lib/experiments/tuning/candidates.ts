import type { MethodInput } from '../../methods/methods';

/** The settings of a method that the search compares, with the name of each in rows. */
export type Candidates = readonly (readonly [name: string, method: MethodInput])[];

/** Values around a published default, a factor of about 3 apart. */
const around = (standard: number): readonly number[] =>
  [0.03, 0.1, 0.3, 1, 3, 10, 30, 100].map((factor) => Number((standard * factor).toPrecision(3)));

const named = (methods: readonly MethodInput[], nameOf: (method: MethodInput) => string): Candidates =>
  methods.map((method) => [nameOf(method), method]);

/**
 * Eight settings for each method: of its one or two main options, with the published default among them. All else stays
 * at the default. Both KD and OFA vary the weight of their loss on the logits.
 */
export const candidates = {
  kd: named(
    [
      ...[1, 4].flatMap((weight) => [1, 2, 4].map((temperature) => ({ kind: 'kd' as const, temperature, weight }))),
      { kind: 'kd', temperature: 4, weight: 16 },
      { kind: 'kd', temperature: 1, weight: 0.3 },
    ],
    ({ temperature, weight }) => `temperature-${temperature}-weight-${weight}`,
  ),
  ofa: named(
    [
      ...[0.1, 1].flatMap((branchWeight) =>
        [1, 1.2, 1.4].map((exponent) => ({ kind: 'ofa' as const, exponent, branchWeight })),
      ),
      { kind: 'ofa', exponent: 1, branchWeight: 1, logitsWeight: 4 },
      { kind: 'ofa', exponent: 1, branchWeight: 4, logitsWeight: 4 },
    ],
    ({ exponent, branchWeight, logitsWeight }) =>
      `exponent-${exponent}-branches-${branchWeight}${logitsWeight === undefined ? '' : `-logits-${logitsWeight}`}`,
  ),
  rsd: weights('rsd', around(0.1)),
  fitnet: weights('fitnet', around(1)),
  correlation: weights('correlation', around(0.02)),
  rkd: named(
    around(25).map((distanceWeight) => ({
      kind: 'rkd' as const,
      distanceWeight,
      angleWeight: 2 * distanceWeight,
    })),
    ({ distanceWeight }) => `distance-${distanceWeight}`,
  ),
  crd: weights('crd', around(1)),
  dkd: named(
    [1, 4].flatMap((temperature) => [1, 2, 8, 16].map((beta) => ({ kind: 'dkd' as const, beta, temperature }))),
    ({ beta, temperature }) => `beta-${beta}-temperature-${temperature}`,
  ),
  dist: named(
    [1, 4].flatMap((temperature) => [0.3, 1, 3, 10].map((weight) => ({ kind: 'dist' as const, temperature, weight }))),
    ({ temperature, weight }) => `temperature-${temperature}-weight-${weight}`,
  ),
} satisfies Readonly<Record<string, Candidates>>;

/** The methods whose settings are searched. */
export type TunedMethod = keyof typeof candidates;

function weights(kind: 'rsd' | 'fitnet' | 'correlation' | 'crd', values: readonly number[]): Candidates {
  return named(
    values.map((weight): MethodInput => ({ kind, weight })),
    ({ weight }) => `weight-${weight}`,
  );
}
