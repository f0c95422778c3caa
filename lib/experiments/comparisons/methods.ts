import type { MethodInput } from '../../methods/methods';
import type { Experiment, Row } from '../experiment';
import { cyclePairs, distilledRow } from '../pairs';
import { smoke } from '../smoke';

/** The methods of the paper's tables besides KD and OFA, and BKD, with the defaults of the paper's released code. */
const tableMethods = ['fitnet', 'correlation', 'rkd', 'crd', 'bkd', 'dkd', 'dist'] as const;

/** Later methods with the default options of their own code (README of lib/methods). */
const laterMethods = ['ttm', 'wttm', 'rld', 'srd', 'spofa'] as const;

/** KD and DKD of standardised logits, with the options of github.com/sunshangquan/logit-standardization-KD. */
const standardised = {
  'kd-standardised': { kind: 'kd', standardise: true, temperature: 2, weight: 9 },
  'dkd-standardised': { kind: 'dkd', standardise: true, alpha: 1, beta: 8, temperature: 2, weight: 9 },
} as const satisfies Readonly<Record<string, MethodInput>>;

const methods: readonly (readonly [name: string, method: MethodInput])[] = [
  ...[...tableMethods, ...laterMethods].map((kind) => [kind, { kind }] as const),
  ...Object.entries(standardised),
];

const rows: readonly Row[] = cyclePairs.flatMap((pair) =>
  methods.map(([name, method]) => distilledRow(pair, name, method)),
);

/**
 * The other methods, with the default options of the released code.
 *
 * - Reproduces: the columns FitNet, CC, RKD, CRD, DKD and DIST of the paper's CIFAR-100 table at the laptop's size, and
 *   BKD, which the paper's released code has as well. TTM, WTTM, RLD, SRD, SPOFA and standardised logits came later.
 * - Expected: the paper reports that FitNet helps little or hurts across families. Recorded with one seed: FitNet gains
 *   5.4 points on average, and the best method differs between pairs. The later methods are not recorded yet.
 * - Time: 5.8 hours for the methods of the table and BKD, with 1 thread of an Intel Xeon or AMD EPYC and mostly cached
 *   teacher outputs, after the teachers.
 * - Source of the recipes: ours (`laptop.ts`); options of the methods from github.com/Hao840/OFAKD and, for the later
 *   ones, from their own code, which their files in lib/methods name.
 */
export const otherMethods: Experiment = {
  name: 'methods',
  title: 'What accuracy do the other methods reach across families?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
