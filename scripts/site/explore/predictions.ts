export interface Prediction {
  readonly index: number;
  readonly probability: number;
}

/** The probabilities of the classes, with the largest first. */
export function ranked(logits: ArrayLike<number>): Prediction[] {
  const max = Array.from(logits).reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - max));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials
    .map((value, index) => ({ index, probability: value / sum }))
    .sort((a, b) => b.probability - a.probability);
}

/** The first exit whose confidence reaches the threshold, or the last one. */
export function stoppingExit(confidences: readonly number[], threshold: number): number {
  const first = confidences.findIndex((confidence) => confidence >= threshold);
  return first < 0 ? confidences.length - 1 : first;
}
