import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors';
import { readJsonLinesIfExists } from '../../io/jsonLines';
import { checkedFields } from './checksum';
import { comparedNetworks } from './comparedNetworks';

const grid = z.array(z.array(z.number().nullable()).readonly()).readonly();
const calibratedValue = z.object({ observed: z.number(), threshold: z.number(), p: z.number() }).strict();

/**
 * A similarity measure between the layers of two networks, calibrated by permuting the images. One line of JSON in
 * `data/results/similarity/calibrated.jsonl`, or beside the page of `npm run similarity`.
 */
export const calibratedRecord = comparedNetworks
  .extend({
    /** Such as `minibatch-cka` or `knn:10`. */
    measure: z.string().min(1),
    /** The measure's name for headings. */
    title: z.string().min(1),
    /** The similarity of each pair of layers, its threshold and its p-value; null where it is undefined. */
    observed: grid,
    threshold: grid,
    p: grid,
    /** The largest and the mean similarity of all pairs, with their own null distributions. */
    max: calibratedValue.nullable(),
    mean: calibratedValue.nullable(),
    /** Means over the rows, each with the layer of `b` at the same relative depth; null if none is defined. */
    likeDepth: z
      .object({
        observed: z.number(),
        /** max(0, observed − threshold) / (1 − threshold). */
        score: z.number(),
        /** The share of layers with p ≤ alpha. */
        above: z.number(),
      })
      .strict()
      .nullable(),
    permutations: z.number().int(),
    alpha: z.number(),
  })
  .strict();

export type CalibratedRecord = z.infer<typeof calibratedRecord>;

/** A cell of a record: the similarity of two layers beside what chance reaches. */
export interface CalibratedCell {
  readonly observed: number;
  readonly threshold: number;
  readonly score: number;
  readonly p: number;
}

/**
 * Reads the calibrated similarities of a file. Empty if the file does not exist. Throws a UserError that names the line
 * of a record that is damaged or was changed, or whose id is that of another measurement.
 */
export async function readCalibrated(
  file = path.join('data', 'results', 'similarity', 'calibrated.jsonl'),
): Promise<readonly CalibratedRecord[]> {
  const records = new Map<string, CalibratedRecord>();
  await readJsonLinesIfExists(file, (value) => {
    const record = checkGrids(calibratedRecord.parse(checkedFields(value)));
    const earlier = records.get(record.id);
    if (earlier && measured(earlier) !== measured(record))
      throw new UserError(`the record was changed, or copied: an earlier line has the id ${record.id}, too`);
    records.set(record.id, record);
  });
  return [...records.values()];
}

/** What a record measured, as a key. */
function measured({
  a,
  b,
  dataset,
  measure,
  examples,
  batchSize,
  permutations,
  alpha,
  seed,
}: CalibratedRecord): string {
  const networks = [a, b].map(({ network: name, weights }) => [name, weights?.sha256]);
  return JSON.stringify([networks, dataset, measure, examples, batchSize, permutations, alpha, seed]);
}

function checkGrids(record: CalibratedRecord): CalibratedRecord {
  const { rows, columns } = record;
  for (const field of ['observed', 'threshold', 'p'] as const) {
    const values = record[field];
    if (values.length !== rows.length || values.some((row) => row.length !== columns.length))
      throw new UserError(`${field}: is not a matrix of ${rows.length} rows and ${columns.length} columns`);
  }
  return record;
}

/** The cells of a record, row by row; null where the similarity is undefined. */
export function calibratedCells({
  observed,
  threshold,
  p,
}: Pick<CalibratedRecord, 'observed' | 'threshold' | 'p'>): (CalibratedCell | null)[][] {
  return observed.map((row, i) =>
    row.map((value, j) => {
      const limit = threshold[i]?.[j] ?? null;
      const chance = p[i]?.[j] ?? null;
      if (value === null || limit === null || chance === null) return null;
      return { observed: value, threshold: limit, score: scoreOf(value, limit), p: chance };
    }),
  );
}

/** A record as the figures of `lib/plots` take it. */
export function calibratedBetween(record: CalibratedRecord): {
  readonly rows: { readonly model: string; readonly layers: readonly string[] };
  readonly columns: { readonly model: string; readonly layers: readonly string[] };
  readonly values: (CalibratedCell | null)[][];
} {
  const { a, b, rows, columns } = record;
  return {
    rows: { model: a.network, layers: rows },
    columns: { model: b.network, layers: columns },
    values: calibratedCells(record),
  };
}

/** 0 where nothing beyond chance was found, 1 for equal layers. */
export function scoreOf(observed: number, threshold: number): number {
  return threshold < 1 ? Math.max(0, observed - threshold) / (1 - threshold) : 0;
}
