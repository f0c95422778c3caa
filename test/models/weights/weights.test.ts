import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { z } from 'zod';
import { UserError } from '../../../lib/errors';
import {
  readSafetensors,
  writeSafetensors,
  type FileTensor,
  type StoredTensor,
} from '../../../lib/io/safetensors/safetensors';
import { toStored, torchShape } from '../../../lib/models/weights/layout';
import type { Model } from '../../../lib/models/model';
import { disposeModule, Parameter, parameters } from '../../../lib/models/parameter';
import { resizePositionEmbedding } from '../../../lib/models/weights/positionEmbedding';
import { normalisationEntry } from '../../../lib/models/weights/savedNormalisation';
import { resizeBiasTable } from '../../../lib/models/weights/swinWeights';
import { loadWeightsFile, saveWeights } from '../../../lib/models/weights/weights';
import { digest, digestError } from '../../../lib/reference/digest';
import { fill } from '../../../lib/reference/fill';
import * as tf from '../../../lib/tensor/engine/tf';
import { temporaryFolder } from '../../support/temporaryFolder';
import { tinyNetworks } from '../tinyNetworks';

const made: Model[] = [];
after(() => made.forEach(disposeModule));

function network(name: string, classes = 5, seed = 1): Model {
  const model = tinyNetworks[name]!(classes, seed);
  made.push(model);
  return model;
}

function logits(model: Model): Float32Array {
  return tf.tidy(() => {
    const shape: [number, number, number, number] = [2, model.imageSize, model.imageSize, 3];
    return model
      .forward(tf.tensor4d(Float32Array.from(fill('images', 2 * model.imageSize ** 2 * 3)), shape), { mode: 'eval' })
      .logits.dataSync<'float32'>()
      .slice();
  });
}

for (const name of Object.keys(tinyNetworks)) {
  test(`${name}: saved weights give the same logits after loading`, async (context) => {
    const file = path.join(await temporaryFolder(context), 'weights.safetensors');
    const [saved, loaded] = [network(name), network(name, 5, 2)];
    for (const [, { variable }] of parameters(saved)) tf.tidy(() => variable.assign(tf.add(variable, 0.01)));
    await saveWeights(saved, file, { epochs: '3' });
    const before = tf.memory().numTensors;
    const { metadata, headLoaded } = loadWeightsFile(loaded, file);
    assert.equal(tf.memory().numTensors, before);
    assert.ok(headLoaded);
    assert.deepEqual(
      [...metadata],
      [
        ['format', 'pt'],
        ['model', saved.name],
        ['epochs', '3'],
      ],
    );
    assert.deepEqual(logits(loaded), logits(saved));
  });
}

test("stores weights in PyTorch's layout", () => {
  const convolution = new Parameter(tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 1, 2, 2]), 'conv');
  assert.deepEqual(toStored(convolution), { shape: [2, 2, 2, 1], data: Float32Array.of(1, 5, 3, 7, 2, 6, 4, 8) });
  const depthwise = new Parameter(tf.tensor4d([1, 2, 3, 4], [2, 1, 2, 1]), 'depthwise');
  assert.deepEqual(toStored(depthwise), { shape: [2, 1, 2, 1], data: Float32Array.of(1, 3, 2, 4) });
  const linear = new Parameter(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), 'linear');
  assert.deepEqual(toStored(linear), { shape: [3, 2], data: Float32Array.of(1, 4, 2, 5, 3, 6) });
  assert.deepEqual(torchShape(linear), [3, 2]);
  disposeModule([convolution, depthwise, linear]);
});

test('keeps the classifier if that of the file has other classes and allowHeadMismatch is set', async (context) => {
  const file = path.join(await temporaryFolder(context), 'weights.safetensors');
  await saveWeights(network('swinTransformer'), file);
  const wider = network('swinTransformer', 7, 2);
  const old = logits(wider);
  assertMisfit(
    () => loadWeightsFile(wider, file),
    /head\.fc\.weight is \[5, 64\] instead of \[7, 64\]; head\.fc\.bias is \[5\] instead of \[7\]/,
    /allowHeadMismatch/,
  );
  assert.deepEqual(logits(wider), old, 'nothing was loaded');
  const head = (): unknown =>
    parameters(wider)
      .filter(([name]) => name.startsWith('head.'))
      .map(([, parameter]) => toStored(parameter));
  const before = head();
  assert.equal(loadWeightsFile(wider, file, { allowHeadMismatch: true }).headLoaded, false);
  assert.deepEqual(head(), before);
  assert.notDeepEqual(logits(wider), old);
  assert.equal(
    loadWeightsFile(network('swinTransformer', 5, 3), file, { allowHeadMismatch: true }).headLoaded,
    true,
    'a head that fits is loaded',
  );
});

test('accepts a file without a classifier if allowHeadMismatch is set', async (context) => {
  const file = await changed(context, 'convNeXt', (tensors) =>
    ['head.fc.weight', 'head.fc.bias'].forEach((name) => tensors.delete(name)),
  );
  assertMisfit(() => loadWeightsFile(network('convNeXt', 5, 2), file), /head\.fc\.weight is missing/);
  assert.equal(loadWeightsFile(network('convNeXt', 5, 2), file, { allowHeadMismatch: true }).headLoaded, false);
});

test('lists all missing, unexpected and mis-shaped tensors and loads nothing', async (context) => {
  const file = await changed(context, 'mobileNetV2', (tensors) => {
    tensors.delete('bn1.running_var');
    tensors.set('foreign.weight', { shape: [1], data: Float32Array.of(1) });
    tensors.set('conv_stem.weight', { shape: [3], data: Float32Array.of(1, 2, 3) });
  });
  const model = network('mobileNetV2', 5, 2);
  const old = logits(model);
  for (const allowHeadMismatch of [false, true]) {
    assertMisfit(
      () => loadWeightsFile(model, file, { allowHeadMismatch }),
      /conv_stem\.weight is \[3\] instead of \[16, 3, 3, 3\]/,
      /bn1\.running_var is missing/,
      /foreign\.weight is unexpected/,
    );
  }
  assert.deepEqual(logits(model), old);
});

test('rejects a file that does not fit before reading its tensors', async (context) => {
  const file = path.join(await temporaryFolder(context), 'weights.safetensors');
  const gigabyte = 2 ** 30;
  const json = Buffer.from(
    JSON.stringify({ 'conv_stem.weight': { dtype: 'F32', shape: [gigabyte / 4], data_offsets: [0, gigabyte] } }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(file, Buffer.concat([length, json]));
  truncateSync(file, 8 + json.length + gigabyte);
  const model = network('mobileNetV2');
  const before = process.memoryUsage().arrayBuffers;
  assertMisfit(
    () => loadWeightsFile(model, file),
    /conv_stem\.weight is \[268435456\] instead of \[16, 3, 3, 3\]/,
    /bn1\.weight is missing/,
  );
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20);
});

test('skips the counters and index tables of PyTorch', async (context) => {
  const file = await changed(context, 'basicResNet', (tensors) => {
    for (const name of ['bn1.num_batches_tracked', 'layer1.0.bn1.num_batches_tracked'])
      tensors.set(name, { shape: [], data: Float32Array.of(3) });
  });
  assert.ok(loadWeightsFile(network('basicResNet', 5, 2), file).headLoaded);
});

test('loads Swin weights with the names of timm 0.6', async (context) => {
  const file = await changed(context, 'swinTransformer', (tensors) => {
    for (const [name, tensor] of [...tensors]) {
      const old = name
        .replace(/^layers\.(\d)\.downsample/, (_, stage: string) => `layers.${Number(stage) - 1}.downsample`)
        .replace('head.fc.', 'head.');
      if (old === name) continue;
      tensors.delete(name);
      tensors.set(old, tensor);
    }
    tensors.set('layers.0.blocks.1.attn_mask', { shape: [1], data: Float32Array.of(0) });
    tensors.set('layers.0.blocks.1.attn.relative_position_index', { shape: [1], data: Float32Array.of(0) });
  });
  const loaded = network('swinTransformer', 5, 2);
  loadWeightsFile(loaded, file);
  assert.deepEqual(logits(loaded), logits(network('swinTransformer')));
});

const resized = z
  .object({
    cases: z.array(
      z.object({
        kind: z.enum(['positions', 'table']),
        old: z.number(),
        new: z.number(),
        digest: z.object({
          shape: z.array(z.number()),
          mean: z.number(),
          rms: z.number(),
          probe: z.number(),
          first: z.array(z.number()),
        }),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(path.join(__dirname, 'resized.json'), 'utf8')));

for (const { kind, old, new: size, digest: expected } of resized.cases) {
  test(`resizes a ${kind} of ${old} to ${size} as timm does`, () => {
    const shape = kind === 'positions' ? [1, 1 + old * old, 6] : [(2 * old - 1) ** 2, 3];
    const given: FileTensor = {
      shape,
      read: () =>
        Float32Array.from(
          fill(
            kind,
            shape.reduce((a, b) => a * b),
          ),
        ),
    };
    const result = kind === 'positions' ? resizePositionEmbedding(given, size) : resizeBiasTable(given, 2 * size - 1);
    assert.equal(digestError(digest(result.read(), result.shape, kind), expected, 1e-5), undefined);
  });
}

test('returns tensors of the right size unchanged', () => {
  const positions: FileTensor = { shape: [1, 5, 1], read: () => Float32Array.of(1, 2, 3, 4, 5) };
  assert.equal(resizePositionEmbedding(positions, 2), positions);
  const table: FileTensor = { shape: [9, 1], read: () => new Float32Array(9) };
  assert.equal(resizeBiasTable(table, 3), table);
});

/** Writes a network's weights to a file after changing them. */
async function changed(
  context: TestContext,
  name: string,
  change: (tensors: Map<string, StoredTensor>) => void,
): Promise<string> {
  const file = path.join(await temporaryFolder(context), 'weights.safetensors');
  await saveWeights(network(name), file);
  const tensors = new Map(readSafetensors(file).tensors);
  change(tensors);
  await writeSafetensors(file, tensors);
  return file;
}

function assertMisfit(load: () => unknown, ...messages: readonly RegExp[]): void {
  assert.throws(load, (error) => {
    assert.ok(error instanceof UserError, String(error));
    for (const message of messages) assert.match(error.message, message);
    return true;
  });
}

test('reads the normalisation of a file, and rejects an invalid entry without loading anything', async (context) => {
  const file = path.join(await temporaryFolder(context), 'weights.safetensors');
  const [saved, loaded] = [network('convNeXt'), network('convNeXt', 5, 2)];
  const normalisation = { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] } as const;
  await saveWeights(saved, file, normalisationEntry(normalisation));
  const before = logits(loaded);
  for (const wrong of ['{', '{"mean":[0,0,0],"std":[1,0,1]}', '{"mean":[0,0],"std":[1,1,1]}']) {
    const bad = path.join(path.dirname(file), 'bad.safetensors');
    await saveWeights(saved, bad, { normalisation: wrong });
    assert.throws(
      () => loadWeightsFile(loaded, bad),
      (error) =>
        error instanceof UserError && /The entry "normalisation" of .*bad\.safetensors is invalid/.test(error.message),
    );
  }
  assert.deepEqual(logits(loaded), before);
  assert.deepEqual(loadWeightsFile(loaded, file).normalisation, normalisation);
  await saveWeights(saved, file);
  assert.equal(loadWeightsFile(loaded, file).normalisation, undefined);
});
