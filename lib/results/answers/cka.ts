import { familyName } from '../familyName';
import type { SimilarityRecord } from '../records/similarityRecord';
import { groupBy } from '../statistics/groupBy';
import { summary } from '../statistics/summary';

/** The mean CKA of the layers of two networks, or of one network with itself. */
export interface MeasuredSimilarity {
  readonly sameNetwork: boolean;
  readonly sameFamily: boolean;
  /** Null if no pair of layers has a defined CKA. */
  readonly mean: number | null;
  /** Mean CKA of each layer of the first network with its best match in the second. */
  readonly best: number | null;
}

/** What the answer of notebook 2 depends on. */
export interface CkaEvidence {
  readonly measured: readonly MeasuredSimilarity[];
  readonly recorded: readonly SimilarityRecord[];
  /** Networks without trained weights. */
  readonly untrained: readonly string[];
  /** The images, such as `1024 images of CIFAR-100 test`. */
  readonly images: string;
}

/** Recorded CKA at equal relative depth, for networks of the same two families. */
export interface FamilySimilarity {
  /** The two families, such as `CNN and MLP`, or `both CNN`. */
  readonly families: string;
  readonly pairs: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/** A warning about networks without trained weights; undefined if every network is trained. */
export function untrainedWarning(untrained: readonly string[]): string | undefined {
  if (untrained.length === 0) return undefined;
  return (
    `Without trained weights: ${untrained.join(', ')}. Their features say nothing about trained networks. ` +
    'Name a weights file or a repository for each network in the parameter "weights".'
  );
}

/** The answer of notebook 2: is CKA higher within a network or a family than across families? */
export function ckaAnswer({ measured, recorded, untrained, images }: CkaEvidence): string {
  const own = measured.filter(({ sameNetwork }) => sameNetwork);
  const cross = measured.filter(({ sameFamily }) => !sameFamily);
  return [
    untrained.length > 0 ? `Not a result about trained networks; with fresh weights: ${untrained.join(', ')}.` : '',
    own.length > 0 && cross.length > 0 ? measuredText(own, cross, images) : '',
    recordedText(recorded),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/**
 * Recorded CKA by family, the most similar families first. A pair of networks counts once, however often it was
 * measured.
 */
export function similarityByFamily(recorded: readonly SimilarityRecord[]): FamilySimilarity[] {
  return [...groupBy(recorded, familiesOf)]
    .map(([families, records]) => {
      const values = records.map(({ likeDepth }) => likeDepth);
      const pairs = new Set(records.map(({ a, b }) => [a.network, b.network].sort().join(' '))).size;
      return { families, pairs, mean: summary(values).mean, min: Math.min(...values), max: Math.max(...values) };
    })
    .sort((a, b) => b.mean - a.mean);
}

function measuredText(
  own: readonly MeasuredSimilarity[],
  cross: readonly MeasuredSimilarity[],
  images: string,
): string {
  const [ownMean, crossMean, bestMean] = [meanOf(own, 'mean'), meanOf(cross, 'mean'), meanOf(cross, 'best')];
  return (
    `On ${images}, layers of one network are ${ownMean > crossMean ? 'more' : 'not more'} similar ` +
    `(mean CKA ${ownMean.toFixed(2)}) than layers of different families (${crossMean.toFixed(2)}); ` +
    `for the best-matching layer of the other family, CKA is ${bestMean.toFixed(2)} on average.`
  );
}

function recordedText(recorded: readonly SimilarityRecord[]): string {
  const within = recorded.filter(({ a, b }) => a.family === b.family).map(({ likeDepth }) => likeDepth);
  const across = recorded.filter(({ a, b }) => a.family !== b.family).map(({ likeDepth }) => likeDepth);
  if (within.length === 0 || across.length === 0) return '';
  return (
    `In the records, CKA of two different networks at equal depth is ${summary(within).mean.toFixed(2)} within ` +
    `a family and ${summary(across).mean.toFixed(2)} across families.`
  );
}

function meanOf(similarities: readonly MeasuredSimilarity[], field: 'mean' | 'best'): number {
  return summary(similarities.map((similarity) => similarity[field] ?? 0)).mean;
}

function familiesOf({ a, b }: SimilarityRecord): string {
  const [first, second] = [a.family, b.family].sort().map(familyName);
  return first === second ? `both ${first}` : `${first} and ${second}`;
}
