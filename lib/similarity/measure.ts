import { UserError } from '../errors';
import type { ExampleGram } from './exampleGram';
import type { Products } from './permutedProducts';
import type { Order } from '../tensor/ops/permutedProducts/permutedPositions';

/**
 * A similarity of two layers on the same examples. A layer is prepared once, then compared with every layer of the
 * other network; preparing and permuting examples commute, so that a permutation only re-indexes what was prepared.
 */
export interface Measure<Prepared> {
  readonly name: string;
  /** The fewest examples for which it is defined. */
  readonly minExamples: number;
  /** Undefined where the measure is not defined for the layer, such as constant features. */
  prepare(gram: ExampleGram): Prepared | undefined;
  similarity(a: Prepared, b: Prepared): number;
  permuted(layer: Prepared, order: Order): Prepared;
  /**
   * The similarities [rows][columns] for each order of the columns' examples, for measures that can compute them faster
   * than by `permuted` and `similarity`.
   */
  permutedSimilarities?(rows: readonly Prepared[], columns: readonly Prepared[], orders: readonly Order[]): Products[];
}

/** Prepares a layer. Throws a UserError for fewer examples than the measure needs. */
export function prepare<Prepared>(measure: Measure<Prepared>, gram: ExampleGram): Prepared | undefined {
  const { name, minExamples } = measure;
  if (gram.examples < minExamples)
    throw new UserError(`${name} needs at least ${minExamples} examples, and there are ${gram.examples}.`);
  return measure.prepare(gram);
}

/**
 * The similarity of two layers by a measure; null where it is not defined. Throws a UserError for different numbers
 * of examples.
 */
export function compare<Prepared>(measure: Measure<Prepared>, x: ExampleGram, y: ExampleGram): number | null {
  checkSameExamples(measure.name, x, y);
  const [a, b] = [prepare(measure, x), prepare(measure, y)];
  return a === undefined || b === undefined ? null : measure.similarity(a, b);
}

export function checkSameExamples(name: string, x: ExampleGram, y: ExampleGram): void {
  if (x.examples === y.examples) return;
  throw new UserError(
    `${name} compares layers on the same examples, but they have ${x.examples} and ${y.examples}. ` +
      'Give both networks the same images.',
  );
}
