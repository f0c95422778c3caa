import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors';
import { readJsonLinesIfExists } from '../../io/jsonLines';
import { checkedFields } from './checksum';
import { comparedNetworks } from './comparedNetworks';

/**
 * CKA between all layers of two networks, as in the paper's Figure 1. One line of JSON in
 * `data/results/similarity/cka.jsonl`.
 */
export const similarityRecord = comparedNetworks
  .extend({
    /** The CKA of each pair of layers; null where it is undefined. */
    values: z.array(z.array(z.number().nullable()).readonly()).readonly(),
    /** Mean over the rows, each with the layer of `b` at the same relative depth. */
    likeDepth: z.number(),
    mean: z.number(),
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
  const records = await readJsonLinesIfExists(file, parseSimilarity);
  return [...new Map(records.map((record) => [measurement(record), record])).values()];
}

/** Checks a record, and that its id is the hash of what was measured. */
function parseSimilarity(value: unknown): SimilarityRecord {
  const record = similarityRecord.parse(checkedFields(value));
  const id = similarityId(record);
  if (record.id !== id) {
    throw new UserError(
      `the record was changed, or copied under another id: its id is ${record.id}, and it measured ${id}`,
    );
  }
  const { rows, columns, values } = record;
  if (values.length === rows.length && values.every((row) => row.length === columns.length)) return record;
  throw new UserError(`values: is not a matrix of ${rows.length} rows and ${columns.length} columns`);
}

/** The id of a measurement: the hash of the two networks, the images and the seed. */
export function similarityId({
  a,
  b,
  dataset,
  examples,
  batchSize,
  seed,
}: Pick<SimilarityRecord, 'a' | 'b' | 'dataset' | 'examples' | 'batchSize' | 'seed'>): string {
  const parts = [a.network, a.weights?.sha256, b.network, b.weights?.sha256, dataset, examples, batchSize, seed];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
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
