import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { openClassifier } from '../../lib/export/classifier';
import { writeOnnx } from '../../lib/export/writeOnnx';
import { writeImageFolder } from '../../lib/data/datasets/writeImageFolder';
import { syntheticImages } from '../../lib/data/datasets/synthetic';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { saveWeights } from '../../lib/models/weights/weights';
import type { Model } from '../../lib/models/model';
import { imageNetPreprocessing } from '../../lib/data/transforms/preprocessing';
import { createModel } from '../../lib/models/zoo';
import { calibrationBatches } from '../../scripts/export/calibration';
import { checkOnnx } from '../../scripts/export/checkOnnx';
import { quantise } from '../../lib/export/onnxruntime/quantise';
import { measureOnnx } from '../../lib/export/onnxruntime/measure';
import { hasOnnxruntime } from '../../lib/export/onnxruntime/runProgram';
import { writeImages } from '../../lib/export/onnxruntime/writeImages';
import { Random } from '../../lib/tensor/random';
import { tinyNetworks } from '../models/tinyNetworks';
import { rejectsWith } from '../support/rejectsWith';
import { temporaryFolder } from '../support/temporaryFolder';
import { distinctImages, setDistinctWeights } from './ownWeights';
import * as tf from '../../lib/tensor/engine/tf';

const skip = !hasOnnxruntime() && 'needs onnxruntime in Python: run `npm run onnxruntime`';

for (const [name, create] of Object.entries(tinyNetworks))
  test(`onnx's checker accepts the model of ${name}, and onnxruntime agrees with it`, { skip }, async (context) => {
    const folder = await temporaryFolder(context);
    const model = create(3);
    setDistinctWeights(model);
    const preprocessing = { ...imageNetPreprocessing, imageSize: model.imageSize };
    const { onnx } = await writeOnnx({ model, classes: ['a', 'b', 'c'], preprocessing }, folder);
    assert.ok((await checkOnnx(model, onnx)) < 1e-5);
    disposeModule(model);
  });

test('logits that are all zero are equal', { skip }, async (context) => {
  const folder = await temporaryFolder(context);
  const model = tinyNetworks['mlpMixer']!(3);
  const preprocessing = { ...imageNetPreprocessing, imageSize: model.imageSize };
  const [, { variable }] = parameters(model).find(([name]) => name === `${model.headName}.weight`)!;
  tf.tidy(() => variable.assign(tf.zerosLike(variable)));
  const { onnx } = await writeOnnx({ model, classes: ['a', 'b', 'c'], preprocessing }, folder);
  assert.equal(await checkOnnx(model, onnx), 0);
  disposeModule(model);
});

test('a model with other weights is not accepted', { skip }, async (context) => {
  const folder = await temporaryFolder(context);
  const [model, other] = [1, 2].map((seed) => tinyNetworks['visionTransformer']!(3, seed)) as [Model, Model];
  const preprocessing = { ...imageNetPreprocessing, imageSize: model.imageSize };
  const { onnx } = await writeOnnx({ model, classes: ['a', 'b', 'c'], preprocessing }, folder);
  await rejectsWith(checkOnnx(other, onnx), 'does not equal vit');
  for (const each of [model, other]) disposeModule(each);
});

test('calibration leaves out images that cannot be decoded, and needs at least one', async (context) => {
  const folder = await temporaryFolder(context);
  const classifier = openClassifier(path.join('data', 'weights', 'vit_64.safetensors'));
  const size = { height: 8, width: 8 };
  await writeImageFolder(syntheticImages(new Random(1), { count: 6, classes: 2, size }), folder);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.png'));
  const printed = context.mock.method(console, 'log', () => undefined);
  const count = async (): Promise<number> => {
    let images = 0;
    for await (const batch of await calibrationBatches(classifier, folder)) {
      images += batch.images.shape[0];
      tf.dispose(batch.images);
    }
    return images;
  };
  await writeFile(path.join(folder, names[0]!), 'no image');
  assert.equal(await count(), 5);
  assert.match(String(printed.mock.calls[0]!.arguments[0]), new RegExp(`${path.basename(names[0]!)} is left out: `));
  for (const name of names) await writeFile(path.join(folder, name), 'no image');
  await rejectsWith(count(), 'No image in', 'can be decoded');
  disposeModule(classifier.model);
});

test('int8 models are calibrated on a folder of images and are smaller', { skip }, async (context) => {
  const folder = await temporaryFolder(context);
  const images = path.join(folder, 'images');
  const size = { height: 40, width: 36 };
  await writeImageFolder(syntheticImages(new Random(1), { count: 24, classes: 3, size }), images);
  const model = createModel('resnet20', { classes: 3 }, new Random(1));
  const weights = path.join(folder, 'weights.safetensors');
  await saveWeights(model, weights);
  const classifier = openClassifier(weights);
  const { onnx, bytes } = await writeOnnx(classifier, folder);
  const quantised = await quantise(onnx, await calibrationBatches(classifier, images));
  assert.equal((await stat(quantised.file)).size, quantised.bytes);
  assert.ok(quantised.bytes < bytes / 2, `${quantised.bytes} of ${bytes} bytes`);
  const file = path.join(folder, 'input');
  const inputs = distinctImages(7, 32);
  const own = tf.tidy(() => model.forward(inputs, { mode: 'eval' }).logits.argMax(1).dataSync<'int32'>().slice());
  await writeImages(file, [{ images: inputs }]);
  const exact = await measureOnnx(onnx, file, own);
  assert.equal(exact.top1, 100);
  assert.ok(exact.milliseconds > 0 && exact.milliseconds < 1000);
  assert.equal(
    (
      await measureOnnx(
        onnx,
        file,
        own.map((label) => (label + 1) % 3),
      )
    ).top1,
    0,
  );
  for (const one of [model, classifier.model]) disposeModule(one);
});
