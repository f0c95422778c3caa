import { z } from 'zod';
import { fill } from '../../lib/reference/fill';
import { calibratedGrid, type Calibrated } from '../../lib/similarity/calibration';
import { cknna } from '../../lib/similarity/cknna';
import { exampleGram } from '../../lib/similarity/exampleGram';
import { biasedCka } from '../../lib/similarity/linearCka';
import { prepare, type Measure } from '../../lib/similarity/measure';
import { mutualKnn } from '../../lib/similarity/mutualKnn';
import { procrustes } from '../../lib/similarity/procrustes';
import { rbfCka } from '../../lib/similarity/rbfCka';
import { rsa } from '../../lib/similarity/rsa';
import type { Order } from '../../lib/tensor/ops/permutedProducts/permutedPositions';
import * as tf from '../../lib/tensor/engine/tf';
import { compareNumber, type Check } from './check';

const grid = z.array(z.array(z.number()));
const byOption = z.record(grid);
const triple = z.tuple([z.number(), z.number(), z.number()]);
const calibrated = z.object({ K: z.number(), alpha: z.number(), values: z.array(z.array(triple)) });

/** Reference values of similarity measures and of their calibration by permutation. */
export const similaritySchema = z.object({
  prefix: z.string(),
  examples: z.number(),
  dims: z.object({ a: z.array(z.number()), b: z.array(z.number()) }),
  mutual_knn: byOption,
  cknna: byOption,
  linear_cka: grid,
  rbf_cka: byOption,
  rsa: grid,
  procrustes: grid,
  calibrated,
  calibrated_mutual_knn: calibrated.extend({ k: z.number() }),
  calibrated_layers: z.object({ max: triple, mean: triple }),
});

type File = z.infer<typeof similaritySchema>;

/** Every measure on every pair of layers, then scores, p-values and thresholds. */
export function checkSimilarity(file: File): Check[] {
  const options = <T>(
    name: string,
    values: z.infer<typeof byOption>,
    measure: (option: number) => Measure<T>,
  ): Check[] =>
    Object.entries(values).flatMap(([option, expected]) =>
      compareGrid(`${name} ${option}`, similarities(measure(Number(option)), file), expected),
    );
  return [
    ...compareGrid('linear CKA', similarities(biasedCka, file), file.linear_cka),
    ...compareGrid('RSA', similarities(rsa, file), file.rsa),
    ...compareGrid('Procrustes', similarities(procrustes, file), file.procrustes),
    ...options('RBF CKA', file.rbf_cka, rbfCka),
    ...options('mutual kNN', file.mutual_knn, mutualKnn),
    ...options('CKNNA', file.cknna, cknna),
    ...checkCalibration('calibrated CKA', biasedCka, file, file.calibrated, file.calibrated_layers),
    ...checkCalibration('calibrated kNN', mutualKnn(file.calibrated_mutual_knn.k), file, file.calibrated_mutual_knn),
  ];
}

function checkCalibration<T>(
  name: string,
  measure: Measure<T>,
  file: File,
  { K, alpha, values }: z.infer<typeof calibrated>,
  overall?: File['calibrated_layers'],
): Check[] {
  const prepared = prepareAll(measure, file);
  const nulls = orders(file, K).map((order) => compareAll(measure, prepared, order));
  const result = calibratedGrid(compareAll(measure, prepared), nulls, alpha);
  const cell = (
    title: string,
    actual: Calibrated | null | undefined,
    [score, p, threshold]: z.infer<typeof triple>,
  ) => [
    compareNumber(`${title} score`, actual?.score ?? NaN, score, tolerance),
    compareNumber(`${title} p`, actual?.p ?? NaN, p, tolerance),
    compareNumber(`${title} threshold`, actual?.threshold ?? NaN, threshold, tolerance),
  ];
  return [
    ...values.flatMap((row, i) => row.flatMap((one, j) => cell(`${name} [${i}, ${j}]`, result.values[i]?.[j], one))),
    ...(overall
      ? [...cell(`${name} max`, result.max, overall.max), ...cell(`${name} mean`, result.mean, overall.mean)]
      : []),
  ];
}

const tolerance = 1e-5;

function compareGrid(name: string, actual: number[][], expected: number[][]): Check[] {
  return expected.flatMap((row, i) =>
    row.map((value, j) => compareNumber(`${name} [${i}, ${j}]`, actual[i]?.[j] ?? NaN, value, tolerance)),
  );
}

interface Prepared<T> {
  readonly rows: readonly (T | undefined)[];
  readonly columns: readonly (T | undefined)[];
}

function similarities<T>(measure: Measure<T>, file: File): number[][] {
  return compareAll(measure, prepareAll(measure, file));
}

function prepareAll<T>(measure: Measure<T>, file: File): Prepared<T> {
  const of = (network: 'a' | 'b') => layers(file, network).map((gram) => prepare(measure, gram));
  return { rows: of('a'), columns: of('b') };
}

/** Similarities of all pairs of layers, the second network's examples in another order if one is given. */
function compareAll<T>(measure: Measure<T>, { rows, columns }: Prepared<T>, order?: Order): number[][] {
  const permuted = columns.map((layer) => (layer && order ? measure.permuted(layer, order) : layer));
  return rows.map((a) => permuted.map((b) => (a && b ? measure.similarity(a, b) : NaN)));
}

/** relu(base · weight) + 0.5 · layer · noise, as the file describes its layers. */
function layers({ prefix, examples, dims }: File, network: 'a' | 'b'): ReturnType<typeof exampleGram>[] {
  const input = (name: string, rows: number, columns: number): tf.Tensor2D =>
    tf.tensor2d(Float32Array.from(fill(prefix + name, rows * columns)), [rows, columns]);
  return dims[network].map((width, layer) => {
    const features = tf.tidy(() => {
      const base = tf.relu(tf.matMul(input('base', examples, 16), input(`${network}${layer}.weight`, 16, width)));
      return tf.add(base, tf.mul(input(`${network}${layer}.noise`, examples, width), 0.5 * layer));
    });
    try {
      return exampleGram(features);
    } finally {
      features.dispose();
    }
  });
}

/** Permutation k is the stable order of the numbers called `permutation` + k. */
function orders({ prefix, examples }: File, count: number): Uint32Array[] {
  return Array.from({ length: count }, (_, k) => {
    const keys = fill(`${prefix}permutation${k}`, examples);
    return Uint32Array.from(keys, (__, i) => i).sort((i, j) => keys[i]! - keys[j]! || i - j);
  });
}
