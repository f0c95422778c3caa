import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { fill } from '../../lib/reference/fill';
import { calibrate } from '../../lib/similarity/calibration';
import { cknna } from '../../lib/similarity/cknna';
import { exampleGram } from '../../lib/similarity/exampleGram';
import { biasedCka } from '../../lib/similarity/fullBatchCka';
import { prepare, type Measure } from '../../lib/similarity/measure';
import { mutualKnn } from '../../lib/similarity/mutualKnn';
import { procrustes } from '../../lib/similarity/procrustes';
import { rbfCka } from '../../lib/similarity/rbfCka';
import { rsa } from '../../lib/similarity/rsa';
import * as tf from '../../lib/tensor/engine/tf';

const folder = process.env['OFA_REFERENCE'];
const skip = folder === undefined ? 'no reference values: set OFA_REFERENCE to their folder' : false;
const grid = z.array(z.array(z.number()));
const byOption = z.record(grid);
const calibrated = z.object({ K: z.number(), alpha: z.number(), values: z.array(z.array(z.array(z.number()))) });
const file = z.object({
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
  calibrated_layers: z.object({ max: z.array(z.number()), mean: z.array(z.number()) }),
});

function reference(): z.infer<typeof file> {
  return file.parse(JSON.parse(readFileSync(path.join(folder ?? '', 'similarity.json'), 'utf8')));
}

/** relu(base · weight) + 0.5 · layer · noise, as the reference file describes its layers. */
function layers({ prefix, examples, dims }: z.infer<typeof file>, network: 'a' | 'b'): tf.Tensor2D[] {
  const input = (name: string, rows: number, columns: number): tf.Tensor2D =>
    tf.tensor2d(Float32Array.from(fill(prefix + name, rows * columns)), [rows, columns]);
  return dims[network].map((width, layer) => {
    const base = tf.relu(tf.matMul(input('base', examples, 16), input(`${network}${layer}.weight`, 16, width)));
    return tf.add(base, tf.mul(input(`${network}${layer}.noise`, examples, width), 0.5 * layer));
  });
}

function prepared<T>(measure: Measure<T>, values: z.infer<typeof file>): (T | undefined)[][] {
  return (['a', 'b'] as const).map((network) => layers(values, network).map((x) => prepare(measure, exampleGram(x))));
}

function table<T>(measure: Measure<T>, values: z.infer<typeof file>): number[][] {
  const [a, b] = prepared(measure, values);
  return a!.map((x) => b!.map((y) => measure.similarity(x!, y!)));
}

function expectGrid(actual: number[][], expected: number[][], tolerance: number): void {
  assert.deepEqual([actual.length, actual[0]!.length], [expected.length, expected[0]!.length]);
  const differences = actual.flatMap((row, i) => row.map((value, j) => Math.abs(value - expected[i]![j]!)));
  assert.ok(Math.max(...differences) < tolerance, `largest difference ${Math.max(...differences)}`);
}

test('linear CKA, RSA and Procrustes equal the reference values', { skip }, () => {
  const values = reference();
  expectGrid(table(biasedCka, values), values.linear_cka, 2e-6);
  expectGrid(table(rsa, values), values.rsa, 2e-6);
  expectGrid(table(procrustes, values), values.procrustes, 2e-6);
});

test('RBF CKA equals the reference values at every width', { skip }, () => {
  const values = reference();
  for (const [width, expected] of Object.entries(values.rbf_cka))
    expectGrid(table(rbfCka(Number(width)), values), expected, 2e-6);
});

test('mutual kNN and CKNNA equal the reference values for every k', { skip }, () => {
  const values = reference();
  for (const [k, expected] of Object.entries(values.mutual_knn))
    expectGrid(table(mutualKnn(Number(k)), values), expected, 2e-6);
  for (const [k, expected] of Object.entries(values.cknna)) expectGrid(table(cknna(Number(k)), values), expected, 1e-5);
});

test('calibrated scores, p-values and thresholds equal the reference values', { skip }, async () => {
  const values = reference();
  const orders = Array.from({ length: values.calibrated.K }, (_, k) => {
    const keys = fill(`${values.prefix}permutation${k}`, values.examples);
    return Uint32Array.from(keys, (__, i) => i).sort((i, j) => keys[i]! - keys[j]! || i - j);
  });
  const [a, b] = prepared(biasedCka, values);
  const cka = await calibrate(biasedCka, a!, b!, { permutations: orders });
  cka.values.forEach((row, i) =>
    row.forEach((cell, j) =>
      expectGrid([[cell!.score, cell!.p, cell!.threshold]], [values.calibrated.values[i]![j]!], 2e-6),
    ),
  );
  for (const summary of ['max', 'mean'] as const) {
    const { score, p, threshold } = cka[summary]!;
    expectGrid([[score, p, threshold]], [values.calibrated_layers[summary]], 2e-6);
  }
  const knn = mutualKnn(values.calibrated_mutual_knn.k);
  const [c, d] = prepared(knn, values);
  const overlap = await calibrate(knn, c!, d!, { permutations: orders });
  overlap.values.forEach((row, i) =>
    row.forEach((cell, j) =>
      expectGrid([[cell!.score, cell!.p, cell!.threshold]], [values.calibrated_mutual_knn.values[i]![j]!], 2e-6),
    ),
  );
});
