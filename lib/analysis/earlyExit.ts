import { UserError } from '../errors';

/** The predictions of one exit for every image of a set. */
export interface ExitPredictions {
  /** `branch1`, …, and `logits` for the student's own classifier. */
  readonly name: string;
  /** 1 if the predicted class is the label, otherwise 0 [images]. */
  readonly correct: Uint8Array;
  /** Probability of the predicted class [images]. */
  readonly confidence: Float32Array;
}

/** Accuracy and cost if each image leaves at the first exit that is confident enough. */
export interface EarlyExit {
  readonly threshold: number;
  /** Per cent. */
  readonly top1: number;
  /** Mean cost of an image, in the unit of the given costs. */
  readonly cost: number;
  /** The share of images that leaves at each exit. Their sum is 1. */
  readonly shares: readonly number[];
}

/**
 * Lets each image leave at the first exit whose confidence reaches the threshold; the other images leave at the last
 * exit. `costs` has the cost of leaving at each exit. Throws a UserError if the lengths do not match or there is no
 * image.
 */
export function earlyExit(exits: readonly ExitPredictions[], costs: readonly number[], threshold: number): EarlyExit {
  const count = exits[0]?.correct.length ?? 0;
  checkLengths(exits, costs, count);
  const leaving = exits.map(() => 0);
  let correct = 0;
  for (let i = 0; i < count; i++) {
    const first = exits.findIndex(({ confidence }) => confidence[i]! >= threshold);
    const exit = first < 0 ? exits.length - 1 : first;
    leaving[exit]++;
    correct += exits[exit]!.correct[i]!;
  }
  const shares = leaving.map((images) => images / count);
  return {
    threshold,
    top1: (100 * correct) / count,
    cost: shares.reduce((sum, share, k) => sum + share * costs[k]!, 0),
    shares,
  };
}

/** Top-1 of one exit for all images, in per cent. */
export function exitTop1({ correct }: ExitPredictions): number {
  return (100 * correct.reduce((sum, one) => sum + one, 0)) / correct.length;
}

function checkLengths(exits: readonly ExitPredictions[], costs: readonly number[], count: number): void {
  const complete = exits.every(({ correct, confidence }) => correct.length === count && confidence.length === count);
  if (count > 0 && costs.length === exits.length && complete) return;
  throw new UserError(
    'Early exit needs at least one image, a cost for each exit, and a prediction of every exit for every image; ' +
      `there are ${exits.length} exits, ${costs.length} costs and ${count} images.`,
  );
}
