import path from 'node:path';
import { z } from 'zod';
import { readJsonLinesIfExists } from '../../io/jsonLines';
import { weightsRecord } from './record';

/** A network of a similarity record. */
export const comparedNetwork = z
  .object({
    network: z.string(),
    family: z.string(),
    /** Per cent on the test images; omitted for random weights. */
    top1: z.number().optional(),
    weights: weightsRecord.optional(),
  })
  .strict();

/**
 * CKA between all layers of two networks, as in the paper's Figure 1. One line of JSON in
 * `data/results/similarity/cka.jsonl`.
 */
export const similarityRecord = z
  .object({
    id: z.string(),
    a: comparedNetwork,
    b: comparedNetwork,
    /** `cifar-100`, or `synthetic`. */
    dataset: z.string().min(1),
    /** Layer names of `a` (rows) and of `b` (columns), and the CKA of each pair; null where it is undefined. */
    rows: z.array(z.string()).readonly(),
    columns: z.array(z.string()).readonly(),
    values: z.array(z.array(z.number().nullable()).readonly()).readonly(),
    /** Mean over the rows, each with the layer of `b` at the same relative depth. */
    likeDepth: z.number(),
    mean: z.number(),
    examples: z.number().int(),
    batchSize: z.number().int(),
    /** Seed of the choice of images. */
    seed: z.number().int(),
    commit: z.string(),
    dirty: z.boolean(),
    command: z.string(),
  })
  .strict();

export type SimilarityRecord = z.infer<typeof similarityRecord>;

/**
 * Reads the recorded similarities. Of a pair that was measured in both orders, only the later record is returned. Empty
 * if the file does not exist.
 */
export async function readSimilarities(
  file = path.join('data', 'results', 'similarity', 'cka.jsonl'),
): Promise<readonly SimilarityRecord[]> {
  const records = await readJsonLinesIfExists(file, (value) => similarityRecord.parse(value));
  return [...new Map(records.map((record) => [measurement(record), record])).values()];
}

/** A key of what was measured, the same for both orders of the two networks. */
export function measurement({
  a,
  b,
  dataset,
  examples,
  batchSize,
  seed,
}: Pick<SimilarityRecord, 'a' | 'b' | 'dataset' | 'examples' | 'batchSize' | 'seed'>): string {
  const networks = [a, b].map(({ network: name, weights }) => `${name} ${weights?.sha256}`).sort();
  return JSON.stringify([...networks, dataset, examples, batchSize, seed]);
}
