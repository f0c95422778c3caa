import { z } from 'zod';
import { input } from '../../lib/reference/fill';
import { exampleGram } from '../../lib/similarity/exampleGram';
import { centred, centredGram, gramOf, type CentredGram } from '../../lib/similarity/gram';
import { biasedCka } from '../../lib/similarity/linearCka';
import { compare as similarity } from '../../lib/similarity/measure';
import { MinibatchCka } from '../../lib/similarity/minibatchCka';
import * as tf from '../../lib/tensor/engine/tf';
import { compareNumber, type Check } from './check';
import { evaluate, type Mode } from './evaluate';

const table = z.array(z.array(z.number().nullable()));

export const ckaSchema = z.object({
  prefix: z.string(),
  examples: z.number().int().positive(),
  batch: z.number().int().positive(),
  dims: z.object({ a: z.array(z.number()), b: z.array(z.number()) }),
  linear_full_batch: table,
  minibatch_unbiased: table,
  minibatch_self: table,
});

export type CkaFile = z.infer<typeof ckaSchema>;
type Table = readonly (readonly (number | null)[])[];
type Layers = Readonly<Record<string, tf.Tensor2D>>;

/** Compares every cell of the three tables. Products of a full batch are in float64, and always run op by op. */
export function checkCka(file: CkaFile, mode: Mode): Check[] {
  const checks: Check[] = [];
  tf.tidy(() => {
    const base = tf.tensor2d(input(`${file.prefix}base`, [file.examples, 16]), [file.examples, 16]);
    const a = layers(file, base, 'a');
    const b = layers(file, base, 'b');
    const full = Object.values(a).map((x) =>
      Object.values(b).map((y) => similarity(biasedCka, exampleGram(x), exampleGram(y))),
    );
    checks.push(
      ...compare('linear CKA, full batch', full, file.linear_full_batch),
      ...compare('minibatch CKA', minibatch(file, mode, a, b), file.minibatch_unbiased),
      ...compare('minibatch CKA of a model with itself', minibatch(file, mode, a, a), file.minibatch_self),
    );
  });
  return checks;
}

/** The features of a model's layers: relu(base · weight) + 0.5 · index · noise. */
function layers(file: CkaFile, base: tf.Tensor2D, model: 'a' | 'b'): Layers {
  return Object.fromEntries(
    file.dims[model].map((width, index) => {
      const name = `${model}${index}`;
      const weight = tf.tensor2d(input(`${file.prefix}${name}.weight`, [16, width]), [16, width]);
      const noise = tf.tensor2d(input(`${file.prefix}${name}.noise`, [file.examples, width]), [file.examples, width]);
      return [name, tf.add<tf.Tensor2D>(tf.relu(tf.matMul(base, weight)), tf.mul(noise, 0.5 * index))];
    }),
  );
}

function minibatch(file: CkaFile, mode: Mode, rows: Layers, columns: Layers): Table {
  const cka = new MinibatchCka(Object.keys(rows), Object.keys(columns));
  for (let start = 0; start < file.examples; start += file.batch) {
    const count = Math.min(file.batch, file.examples - start);
    const part = (of: Layers): tf.Tensor2D[] => Object.values(of).map((x) => tf.slice(x, [start, 0], [count, -1]));
    cka.addGrams(centredGrams(mode, part(rows)), centredGrams(mode, part(columns)));
  }
  return cka.result().values;
}

/** As the library computes them: without the compiled product where it is not accurate enough. */
function centredGrams(mode: Mode, features: readonly tf.Tensor2D[]): CentredGram[] {
  if (mode === 'eager') return features.map((feature) => centredGram(feature));
  const products = evaluate(mode, () => features.map(gramOf));
  return features.map((feature, i) => centred(products[i]!.dataSync(), feature.shape[0]) ?? centredGram(feature));
}

function compare(name: string, actual: Table, expected: Table): Check[] {
  return expected.flatMap((row, i) =>
    row.map((value, j) => {
      const cell = `${name} [${i}, ${j}]`;
      const ours = actual[i]?.[j] ?? null;
      if (ours !== null && value !== null) return compareNumber(cell, ours, value, 1e-5);
      return ours === value ? { name: cell } : { name: cell, error: `${ours}, expected ${value}` };
    }),
  );
}
