import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disposeModule } from '../../lib/models/parameter';
import { observedLayers } from '../../lib/models/observedLayers';
import { createModel } from '../../lib/models/zoo';
import { exampleGram } from '../../lib/similarity/exampleGram';
import { layerGrams, memoryOf } from '../../lib/similarity/layerGrams';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose } from '../support/close';
import { expectNoLeakAsync } from '../support/leaks';

const vit = createModel('vit_64', { classes: 10 }, new Random(2));
const model = observedLayers(vit, ['blocks.0.norm1', 'blocks.3']);
const images = (n: number, seed: number): tf.Tensor4D => tf.randomNormal([n, 32, 32, 3], 0, 1, 'float32', seed);
const batches = [images(4, 1), images(4, 2), images(2, 3)];

test('equals the Gram matrices of all features, also with a smaller last batch, and leaks no tensors', async () => {
  const parts: Record<string, tf.Tensor[]> = { 'blocks.0.norm1': [], 'blocks.3': [] };
  for (const x of batches)
    model.forward(x, { mode: 'eval', tap: (layer, feature) => parts[layer]!.push(tf.keep(tf.clone(feature))) });
  await expectNoLeakAsync(async () => {
    const grams = await layerGrams(model, batches, { examples: 10 });
    assert.deepEqual([...grams.keys()], model.blockNames);
    for (const [layer, gram] of grams) {
      const whole = tf.concat(parts[layer]!, 0);
      expectClose(gram.values, exampleGram(whole).values);
      whole.dispose();
    }
    return [];
  });
});

test('refuses more memory than the limit after the first batch, with the number of bytes', async () => {
  const bytes = memoryOf([65 * 64, 65 * 64], 10);
  assert.equal(bytes, 2 * 65 * 64 * 10 * 4 + 2 * 2 * 100 * 8);
  await expectNoLeakAsync(async () => {
    const seen: number[] = [];
    const options = { examples: 10, maxMemory: bytes - 1, onBatch: (n: number) => seen.push(n) };
    await assert.rejects(layerGrams(model, batches, options), /2 layers of vit_64 on 10 images take 0\.000336 GB/);
    assert.deepEqual(seen, []);
    return [];
  });
  await layerGrams(model, batches, { examples: 10, maxMemory: bytes });
});

test('rejects NaN, a missing image, and an aborted signal, without leaks', async () => {
  const broken = tf.fill<tf.Rank.R4>([4, 32, 32, 3], NaN);
  await expectNoLeakAsync(async () => {
    await assert.rejects(layerGrams(model, [broken], { examples: 4 }), /blocks\.0\.norm1.*NaN/);
    await assert.rejects(layerGrams(model, [], { examples: 4 }), /No images/);
    const stop = new AbortController();
    const options = { examples: 10, signal: stop.signal, onBatch: () => stop.abort() };
    await assert.rejects(layerGrams(model, batches, options), { name: 'AbortError' });
    return [];
  });
  disposeModule(vit);
});
