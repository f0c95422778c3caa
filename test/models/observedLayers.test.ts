import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '../../lib/models/model';
import { layerNames, observedLayers } from '../../lib/models/observedLayers';
import { disposeModule } from '../../lib/models/parameter';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose, largest } from '../support/close';
import { expectNoLeak } from '../support/leaks';
import { tinyNetworks } from './tinyNetworks';

const batch = 3;
const imagesFor = ({ imageSize }: Model): tf.Tensor4D =>
  tf.randomNormal([batch, imageSize, imageSize, 3], 0, 1, 'float32', 5);

/** The outputs of layers, and the logits of the same forward pass. */
function outputs(
  model: Model,
  layers: readonly string[],
  images: tf.Tensor4D,
): Readonly<Record<string, tf.Tensor>> & { readonly logits: tf.Tensor } {
  const found: Record<string, tf.Tensor> = {};
  const logits = tf.tidy(
    () =>
      observedLayers(model, layers).forward(images, {
        mode: 'eval',
        tap: (layer, feature) => {
          assert.ok(!(layer in found), `${layer} was reported twice`);
          found[layer] = tf.keep(tf.clone(feature));
        },
      }).logits,
  );
  return { ...found, logits };
}

for (const [name, make] of Object.entries(tinyNetworks)) {
  test(`${name}: every layer is reported once, with one feature per image, and the logits do not change`, () => {
    const model = make();
    const images = imagesFor(model);
    const names = layerNames(model);
    assert.equal(new Set(names).size, names.length);
    assert.deepEqual(
      model.blockNames.filter((block) => !names.includes(block)),
      [],
    );
    const { logits, ...found } = outputs(model, names, images);
    assert.deepEqual(Object.keys(found).sort(), [...names].sort());
    for (const [layer, feature] of Object.entries(found)) {
      assert.equal(feature.shape[0], batch, layer);
      assert.ok(Number.isFinite(largest(feature)), layer);
    }
    const plain = tf.tidy(() => model.forward(images, { mode: 'eval' }).logits);
    expectClose(logits, plain, { relative: 1e-4, absolute: 1e-4 * largest(plain) });
    disposeModule(model);
  });
}

test('attention and MLP outputs add up to the residual stream', () => {
  const model = tinyNetworks['visionTransformer']!();
  const { logits, ...found } = outputs(
    model,
    ['blocks.0', 'blocks.1', 'blocks.1.attn', 'blocks.1.mlp'],
    imagesFor(model),
  );
  const [before, after, attention, mlp] = ['blocks.0', 'blocks.1', 'blocks.1.attn', 'blocks.1.mlp'].map(
    (layer) => found[layer]!,
  );
  expectClose(tf.add(tf.add(before!, attention!), mlp!), after!, { absolute: 1e-5 });
  logits.dispose();
  disposeModule(model);
});

test('the last batch norm of a residual block is reported without the shortcut and the ReLU', () => {
  const model = tinyNetworks['threeStageResNet']!();
  const { logits, ...found } = outputs(model, ['layer1.0', 'layer1.1', 'layer1.1.bn2'], imagesFor(model));
  expectClose(tf.relu(tf.add(found['layer1.0']!, found['layer1.1.bn2']!)), found['layer1.1']!, { absolute: 1e-5 });
  logits.dispose();
  disposeModule(model);
});

test('only the chosen layers are reported, and the network itself stays as it was', () => {
  const model = tinyNetworks['mlpMixer']!();
  const before = Object.entries(model.blockNames);
  const observed = observedLayers(model, ['blocks.2.norm1', 'blocks.0']);
  assert.deepEqual(observed.blockNames, ['blocks.0', 'blocks.2.norm1']);
  const images = imagesFor(model);
  const seen: string[] = [];
  expectNoLeak(() => {
    tf.tidy(() => void observed.forward(images, { mode: 'eval', tap: (layer) => seen.push(layer) }));
    return [];
  });
  assert.deepEqual(seen, ['blocks.0', 'blocks.2.norm1']);
  assert.deepEqual(Object.entries(model.blockNames), before);
  const plain: string[] = [];
  tf.tidy(() => void model.forward(images, { mode: 'eval', tap: (layer) => plain.push(layer) }));
  assert.deepEqual(plain, model.blockNames);
  disposeModule(model);
});

test('a layer that only a closure refers to is refused', () => {
  const model = tinyNetworks['visionTransformer']!();
  const closed = Object.assign(Object.create(model) as Model, {
    blocks: Reflect.get(model, 'blocks') as unknown,
    forward: (...given: Parameters<Model['forward']>) => model.forward(...given),
  });
  const observed = observedLayers(closed, ['blocks.1.attn']);
  assert.throws(
    () => tf.tidy(() => void observed.forward(imagesFor(model), { mode: 'eval' })),
    /does not apply blocks\.1\.attn as a field/,
  );
  disposeModule(model);
});
