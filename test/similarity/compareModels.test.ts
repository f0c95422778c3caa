import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../lib/errors';
import { disposeModule } from '../../lib/models/parameter';
import { renormalised } from '../../lib/models/weights/renormalised';
import { createModel } from '../../lib/models/zoo';
import { calibratedGrid, permutations } from '../../lib/similarity/calibration';
import { compareModels, comparePairs } from '../../lib/similarity/compareModels';
import { MinibatchCka } from '../../lib/similarity/minibatchCka';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose } from '../support/close';
import { expectNoLeakAsync } from '../support/leaks';

const cnn = createModel('resnet_16', { classes: 10 }, new Random(1));
const vit = createModel('vit_64', { classes: 10 }, new Random(2));
const images = (n: number, seed: number): tf.Tensor4D => tf.randomNormal([n, 32, 32, 3], 0, 1, 'float32', seed);
const unit = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
const batches = [images(8, 1), images(8, 2), images(5, 3)];

test('equals the minibatch CKA of the tapped features, and drops and counts a smaller last batch', async () => {
  const result = await compareModels(cnn, vit, batches);
  const taps = (model: typeof cnn, x: tf.Tensor4D): Record<string, tf.Tensor> => {
    const features: Record<string, tf.Tensor> = {};
    model.forward(x, {
      mode: 'eval',
      tap: (name, feature) => {
        features[name] = tf.clone(feature);
      },
    });
    return features;
  };
  const expected = new MinibatchCka(cnn.blockNames, vit.blockNames);
  for (const x of batches.slice(0, 2)) expected.add(taps(cnn, x), taps(vit, x));
  assert.deepEqual(result.values, expected.result().values);
  assert.deepEqual([result.batches, result.examples, result.dropped], [2, 16, 5]);
  assert.deepEqual([result.rows, result.columns], [cnn.blockNames, vit.blockNames]);
});

test('a model compared with itself has a unit diagonal and a symmetric table, and layers can be chosen', async () => {
  const { values } = await compareModels(vit, vit, batches);
  values.forEach((row, i) => row.forEach((value, j) => expectClose(value!, i === j ? 1 : values[j]![i]!)));
  const part = await compareModels(vit, vit, batches, {
    rowLayers: ['blocks.2'],
    columnLayers: ['blocks.0', 'blocks.3'],
  });
  assert.deepEqual(part.values, [[values[2]![0], values[2]![3]]]);
});

test('several pairs in one pass give the same as separate passes, with one forward per model and batch', async () => {
  let passes = 0;
  const counted = renormalised(vit, unit, unit);
  counted.forward = (...pass) => {
    passes++;
    return vit.forward(...pass);
  };
  const together = await comparePairs(
    [
      { rowModel: cnn, columnModel: counted },
      { rowModel: counted, columnModel: counted, rowLayers: ['blocks.1'] },
      { rowModel: cnn, columnModel: cnn },
    ],
    batches,
  );
  assert.equal(passes, 2);
  const alone = [
    await compareModels(cnn, vit, batches),
    await compareModels(vit, vit, batches, { rowLayers: ['blocks.1'] }),
    await compareModels(cnn, cnn, batches),
  ];
  assert.deepEqual(together, alone);
});

test('leaks no tensors, reports progress, and stops when its signal is aborted', async () => {
  const seen: number[] = [];
  await expectNoLeakAsync(async () => {
    await compareModels(cnn, vit, batches, { onBatch: (n) => seen.push(n) });
    return [];
  });
  assert.deepEqual(seen, [1, 2]);
  const stop = new AbortController();
  await assert.rejects(compareModels(cnn, vit, batches, { onBatch: () => stop.abort(), signal: stop.signal }), {
    name: 'AbortError',
  });
});

test('calibration permutes the images of the column model within each batch', async () => {
  const random = new Random(7);
  const options = { calibration: { permutations: 19, random } };
  const { calibrated, values } = await compareModels(cnn, vit, batches, options);
  calibrated!.values.forEach((row, i) => row.forEach((cell, j) => assert.equal(cell!.observed, values[i]![j])));
  // By hand: the second network sees the images of each batch in another order.
  const nulls: (readonly (readonly (number | null)[])[])[] = [];
  for (let k = 0; k < 19; k++) {
    const permuted = batches.slice(0, 2).map((x, batch) => {
      const order = permutations(19, 8, random.fork(batch))[k]!;
      return new Map([
        [cnn, x],
        [vit, tf.gather(x, tf.tensor1d([...order], 'int32'))],
      ]);
    });
    nulls.push((await compareModels(cnn, vit, permuted)).values);
  }
  const expected = calibratedGrid(values, nulls);
  calibrated!.values.forEach((row, i) =>
    row.forEach((cell, j) => {
      expectClose(cell!.threshold, expected.values[i]![j]!.threshold, { absolute: 1e-4 });
    }),
  );
  expectClose(calibrated!.max!.threshold, expected.max!.threshold, { absolute: 1e-4 });
  expectClose(calibrated!.mean!.threshold, expected.mean!.threshold, { absolute: 1e-4 });
});

test('networks may see the same images in different sizes, but not different numbers of images', async () => {
  const large = createModel('vit_64', { classes: 10, imageSize: 48 }, new Random(2));
  const own = batches.map(
    (x) =>
      new Map([
        [cnn, x],
        [large, tf.image.resizeBilinear(x, [48, 48])],
      ]),
  );
  const { values } = await compareModels(cnn, large, own);
  assert.ok(values.flat().every((value) => value !== null && Number.isFinite(value)));
  const fewer = new Map([
    [cnn, images(8, 1)],
    [large, tf.zeros<tf.Rank.R4>([7, 48, 48, 3])],
  ]);
  await assert.rejects(compareModels(cnn, large, [fewer]), /different numbers of images in one batch: 8, 7/);
  await assert.rejects(compareModels(cnn, large, [new Map([[cnn, images(8, 1)]])]), /no images for vit_64/);
  disposeModule(large);
});

test('compiled forward passes give the same values, also where the mean must be removed', async (context) => {
  const shifted = renormalised(cnn, unit, { mean: [0, 0, 1e4], std: [1, 1, 1] });
  const pairs = [{ rowModel: shifted, columnModel: vit }];
  const [eager] = await comparePairs(pairs, batches);
  process.env['OFA_COMPILE'] = 'graph';
  context.after(() => Reflect.deleteProperty(process.env, 'OFA_COMPILE'));
  for (let pass = 0; pass < 2; pass++) {
    const before = tf.memory().numTensors;
    const [compiled] = await comparePairs(pairs, batches);
    assert.equal(tf.memory().numTensors, before);
    compiled!.values.forEach((row, i) =>
      row.forEach((value, j) => expectClose(value!, eager!.values[i]![j]!, { absolute: 1e-4 })),
    );
  }
});

test('rejects unknown layers, batches that are too small, and no images at all', async () => {
  await assert.rejects(
    compareModels(cnn, vit, batches, { rowLayers: ['layer5.0'] }),
    /Unknown layer of resnet_16 "layer5.0"/,
  );
  await assert.rejects(compareModels(cnn, vit, batches, { columnLayers: [] }), UserError);
  await assert.rejects(compareModels(cnn, vit, [images(3, 4)]), /at least 4 examples/);
  await assert.rejects(compareModels(cnn, vit, []), /No images were given/);
  disposeModule(cnn);
  disposeModule(vit);
});
