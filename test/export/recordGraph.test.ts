import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeModel } from '../../lib/export/onnx/encode';
import { recordGraph } from '../../lib/export/recordGraph';
import type { Model, Output, Pass } from '../../lib/models/model';
import { Linear } from '../../lib/models/layers/linear';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose, largest } from '../support/close';
import { expectNoLeak } from '../support/leaks';
import { runOnnx, withoutSession as skip } from './onnxSession';
import { distinctImages, setDistinctWeights } from './ownWeights';
import { UserError } from '../../lib/errors';

/** A network of a user: an average over patches, and one layer. `body` is the layer in between. */
function ownNetwork(body: (x: tf.Tensor2D) => tf.Tensor2D): Model {
  const fc = new Linear(12, 4, new Random(1));
  const stage = { kind: 'spatial', channels: 3, size: 2 } as const;
  return {
    name: 'own network',
    family: 'mlp',
    classes: 4,
    imageSize: 8,
    width: 12,
    stageShapes: [stage, stage, stage, stage],
    blockNames: ['first', 'second'],
    headName: 'fc',
    fc,
    forward(images: tf.Tensor4D, { tap }: Pass): Output {
      const pooled4 = tf.avgPool(images, 4, 4, 'same');
      tap?.('first', pooled4);
      const pooled = body(tf.reshape<tf.Rank.R2>(pooled4, [images.shape[0], 12]));
      return { logits: fc.apply(pooled), stages: [pooled4, pooled4, pooled4, pooled4], pooled };
    },
  } as Model;
}

test('leaves backend and tensors as they were', () => {
  const model = createModel('vit_64', { classes: 3 }, new Random(1));
  const backend = tf.getBackend();
  const [, weight] = parameters(model)[0]!;
  const before = weight.value.dataSync().slice();
  expectNoLeak(() => {
    recordGraph(model);
    return [];
  });
  assert.equal(tf.getBackend(), backend);
  assert.deepEqual(weight.value.dataSync(), before);
  assert.deepEqual(tf.getKernelsForBackend('onnx-recorder'), []);
  disposeModule(model);
});

test('weights have the names and, for convolutions, the layout of timm', () => {
  const model = createModel('vit_64', { classes: 3 }, new Random(1));
  const { weights, inputs, outputs } = recordGraph(model);
  assert.deepEqual(weights.get('patch_embed.proj.weight')!.shape, [64, 3, 4, 4]);
  assert.deepEqual(weights.get('blocks.0.attn.qkv.weight')!.shape, [64, 192]);
  assert.deepEqual(inputs, [{ name: 'pixel_values', shape: ['batch', 3, 32, 32] }]);
  assert.deepEqual(outputs, [{ name: 'logits', shape: ['batch', 3] }]);
  disposeModule(model);
});

test('batch norms are part of the convolutions before them', () => {
  for (const name of ['resnet20', 'mobilenetv2_035']) {
    const model = createModel(name, { classes: 3, imageSize: 32 }, new Random(1));
    const ops = recordGraph(model).nodes.map(({ op }) => op);
    assert.ok(ops.includes('Conv'));
    assert.ok(!ops.includes('BatchNormalization'), name);
    assert.ok(!ops.includes('Transpose'), name);
    disposeModule(model);
  }
});

test("exports a user's network of TensorFlow's ops", { skip }, async () => {
  const model = ownNetwork((x) => {
    const [a, b] = tf.split(tf.elu(tf.sub(x, tf.mean(x, 1, true))), 2, 1);
    return tf.concat([tf.maximum<tf.Tensor2D>(a!, b!), tf.tanh(tf.square(tf.slice(x, [0, 3], [-1, 6])))], 1);
  });
  setDistinctWeights(model);
  const images = distinctImages(5, 8);
  const logits = tf.tidy(() => model.forward(images, { mode: 'eval' }).logits.dataSync<'float32'>().slice());
  const theirs = (await runOnnx(encodeModel(recordGraph(model), {}), images)).get('logits')!;
  expectClose(theirs, logits, { relative: 0, absolute: 1e-5 * largest(logits) });
  images.dispose();
  disposeModule(model);
});

test('names the block and the op that cannot be exported', () => {
  const expectError = (body: (x: tf.Tensor2D) => tf.Tensor2D, ...texts: readonly string[]): void => {
    const model = ownNetwork(body);
    assert.throws(
      () => recordGraph(model),
      (error) => error instanceof UserError && texts.every((text) => error.message.includes(text)),
    );
    assert.notEqual(tf.getBackend(), 'onnx-recorder');
    disposeModule(model);
  };
  expectError((x) => tf.cumsum(x, 1), 'second of own network', 'Cumsum', 'lib/export/recording/translators');
  expectError((x) => tf.slice(x, [1, 0], [1, 12]), 'Slice', 'batch');
  expectError((x) => tf.mul(x, x.dataSync()[0]!), 'not known at export');
  expectError((x) => tf.add(x, tf.range(0, x.shape[0]).expandDims<tf.Tensor2D>(1)), 'differs between the examples');
});

for (const name of ['resnet_16', 'vit_64', 'mixer_64'])
  test(`the graph of ${name} also returns the output of each block`, { skip }, async () => {
    const model = createModel(name, { classes: 3 }, new Random(1));
    setDistinctWeights(model);
    const images = distinctImages(2, 32);
    const theirs = await runOnnx(encodeModel(recordGraph(model, { blocks: true }), {}), images);
    assert.deepEqual([...theirs.keys()], [...model.blockNames.map((block) => `block ${block}`), 'logits']);
    tf.tidy(() => {
      model.forward(images, {
        mode: 'eval',
        tap: (block, feature) => {
          const ours = feature.dataSync<'float32'>();
          expectClose(theirs.get(`block ${block}`)!, ours, { relative: 0, absolute: 1e-4 * largest(ours) }, block);
        },
      });
    });
    images.dispose();
    disposeModule(model);
  });
