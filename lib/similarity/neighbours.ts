import { UserError } from '../errors';

/**
 * The k nearest neighbours of each example [examples · k], nearest first, by cosine similarity; an example is not
 * its own.
 */
export function nearestNeighbours(similarities: ArrayLike<number>, examples: number, k: number): Int32Array {
  const neighbours = new Int32Array(examples * k);
  for (let i = 0; i < examples; i++) {
    const others = Array.from({ length: examples }, (_, j) => j).filter((j) => j !== i);
    others.sort((a, b) => similarities[i * examples + b]! - similarities[i * examples + a]!);
    neighbours.set(others.slice(0, k), i * k);
  }
  return neighbours;
}

/** Throws a UserError unless 1 ≤ k < examples. */
export function checkNeighbours(name: string, k: number, examples: number): void {
  if (!Number.isInteger(k) || k < 1) throw new UserError(`${name}: k is ${k}; it must be a whole number from 1.`);
  if (k < examples) return;
  throw new UserError(
    `${name}: k = ${k} neighbours need more than ${k} examples, and there are ${examples}. ` +
      'Use more images or a smaller k.',
  );
}
