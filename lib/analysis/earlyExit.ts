import { UserError } from '../errors';

/** What one exit says of every image of a set. */
export interface ExitAnswers {
  /** `branch1`, …, and `logits` for the student's own. */
  readonly name: string;
  /** [count], 1 where the class it names is the right one. */
  readonly correct: Uint8Array;
  /** [count], the probability of that class. */
  readonly confidence: Float32Array;
}

/** What comes of letting each image leave at the first exit that is sure enough. */
export interface EarlyExit {
  readonly threshold: number;
  /** Per cent. */
  readonly top1: number;
  /** Mean cost of an image, in the unit of the costs given. */
  readonly cost: number;
  /** The share of images that leaves at each exit; their sum is 1. */
  readonly shares: readonly number[];
}

/** Lets each image leave at the first exit whose confidence reaches the threshold, the last one takes the rest; `costs` are those of leaving at each exit. */
export function earlyExit(exits: readonly ExitAnswers[], costs: readonly number[], threshold: number): EarlyExit {
  const count = exits[0]?.correct.length ?? 0;
  if (
    count === 0 ||
    costs.length !== exits.length ||
    exits.some(({ correct, confidence }) => correct.length !== count || confidence.length !== count)
  ) {
    throw new UserError(
      `Early exit needs at least one image, a cost for each exit, and an answer of every exit for every image; there are ${exits.length} exits, ${costs.length} costs and ${count} images.`,
    );
  }
  const leaving = exits.map(() => 0);
  let right = 0;
  for (let i = 0; i < count; i++) {
    const first = exits.findIndex(({ confidence }) => confidence[i]! >= threshold);
    const at = first < 0 ? exits.length - 1 : first;
    leaving[at]++;
    right += exits[at]!.correct[i]!;
  }
  const shares = leaving.map((images) => images / count);
  return {
    threshold,
    top1: (100 * right) / count,
    cost: shares.reduce((sum, share, k) => sum + share * costs[k]!, 0),
    shares,
  };
}

/** Top-1 of an exit by itself, in per cent. */
export function exitTop1({ correct }: ExitAnswers): number {
  return (100 * correct.reduce((sum, right) => sum + right, 0)) / correct.length;
}
