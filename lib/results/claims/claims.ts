import type { Contrast } from '../statistics/pairedDifferences';
import {
  baselines,
  fitNetOverScratch,
  fourBranchesOverOthers,
  ofaOverBaselines,
  ofaOverBestBaseline,
  ownFamilyOverOthers,
  paperSettingOverOthers,
  raisedExponents,
  savedSizes,
  transformerOverCnnTeacher,
  type Evidence,
} from './contrasts';
import { familySimilarity } from './familySimilarity';
import { margin, type Rule } from './judge';

/** A claim of the paper and how our records test it. */
export interface Claim {
  readonly text: string;
  /**
   * What is compared, in one or two sentences. Effects are in points of top-1 accuracy unless `unit` says otherwise.
   */
  readonly test: string;
  readonly unit?: 'CKA' | 'values';
  /** The comparisons; empty if no record bears on the claim. */
  readonly contrasts: (evidence: Evidence) => readonly Contrast[];
  readonly rule: Rule;
  /** The number of comparisons that the claim is about; with fewer it cannot hold. Default 1. */
  readonly required?: number;
}

/** The paper's claims, in the order of its text. */
export const claims: readonly Claim[] = [
  {
    text:
      'Networks of the same family have similar features; networks of different families do not ' +
      '(CKA at equal depth).',
    test:
      'CKA at equal relative depth: mean within a family minus mean with the other families, for each family. ' +
      'Each seed draws other test images; the six networks stay the same.',
    unit: 'CKA',
    rule: 'each',
    required: 3,
    contrasts: ({ similarities }) => familySimilarity(similarities, ({ likeDepth }) => likeDepth),
  },
  {
    text: 'Feature hints (FitNet) help little, or even hurt, across families.',
    test: `FitNet minus training from scratch, mean over cross-family pairs. “Little” means less than ${margin} point.`,
    rule: 'little',
    contrasts: fitNetOverScratch,
  },
  {
    text: 'OFA beats every baseline on every CIFAR-100 pair.',
    test: 'OFA minus each baseline on each cross-family pair.',
    rule: 'each',
    required: 6 * baselines.length,
    contrasts: (evidence) => ofaOverBaselines(evidence, 'cifar-100'),
  },
  {
    text: 'OFA also beats the baselines on the ImageNet pairs.',
    test: 'OFA minus each baseline on each cross-family pair of ImageNet.',
    rule: 'each',
    required: 15 * baselines.length,
    contrasts: (evidence) => ofaOverBaselines(evidence, 'imagenet'),
  },
  {
    text: 'Exit branches at all four stages work best.',
    test: 'Four branches minus each other choice of stages, mean over pairs.',
    rule: 'each',
    required: 6,
    contrasts: fourBranchesOverOthers,
  },
  {
    text: 'An exponent above 1 helps, and the best exponent differs between pairs.',
    test:
      'Mean over the exponents from 1.1 to 1.4, minus exponent 1 (released form of the loss), mean over pairs. ' +
      'This is stricter than the claim, which is about the best exponent.',
    rule: 'mean',
    contrasts: raisedExponents,
  },
  {
    text: 'A loss weight of 1 with gradients clipped at norm 5 works best.',
    test: 'Weight 1 clipped at 5, minus each other combination, mean over pairs.',
    rule: 'each',
    required: 5,
    contrasts: paperSettingOverOthers,
  },
  {
    text: 'With a teacher of the student’s own family, OFA is on par with the best baseline.',
    test:
      'OFA minus the best recorded baseline (we plan runs of KD only), mean over same-family pairs. ' +
      `“On par” means within ${margin} point.`,
    rule: 'equal',
    contrasts: ofaOverBestBaseline,
  },
  {
    text:
      'A transformer is a better teacher for a CNN than another CNN ' +
      '(in the paper ViT-B and ResNet-152 for ResNet-50).',
    test:
      'A CNN with a transformer as its teacher, minus the same CNN with a CNN as its teacher, both with OFA. ' +
      'The teachers differ in their own accuracy, too.',
    rule: 'mean',
    contrasts: transformerOverCnnTeacher,
  },
  {
    text: 'Exit branches cost nothing at inference.',
    test:
      'Number of values in the weight file of a student trained with OFA, minus that of the same network trained ' +
      'from scratch.',
    unit: 'values',
    rule: 'none',
    contrasts: savedSizes,
  },
  {
    text: 'A limitation: a CNN may still learn more from a teacher of its own family.',
    test:
      'A CNN with a CNN teacher, minus the same CNN with a teacher of another family, each with its best of KD, OFA ' +
      'and RSD, mean over the other families. The teachers differ in their own accuracy, too.',
    rule: 'mean',
    contrasts: ownFamilyOverOthers,
  },
];
