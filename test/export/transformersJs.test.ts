import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { imageNetPreprocessing } from '../../lib/data/transforms/preprocessing';
import { transformersJsFiles } from '../../lib/export/transformersJs';
import { writeOnnx } from '../../lib/export/writeOnnx';
import type { Model } from '../../lib/models/model';
import { ConvNeXt } from '../../lib/models/networks/convNeXt';
import { disposeModule } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { browserPackages } from '../../scripts/onnxruntime/environments.mjs';
import { expectClose } from '../support/close';
import { temporaryFolder } from '../support/temporaryFolder';
import { withoutSession as skip } from './onnxSession';
import { setDistinctWeights } from './ownWeights';

/** Classifies an image with transformers.js on onnxruntime's WebAssembly, in a process without network access. */
const script = `
import { createRequire } from 'node:module';
const ort = createRequire(process.cwd() + '/')('onnxruntime-web');
ort.env.wasm.numThreads = 1;
globalThis[Symbol.for('onnxruntime')] = ort;
globalThis.fetch = () => { throw new Error('The network was used.'); };
const { pipeline, env } = await import('@huggingface/transformers');
env.allowRemoteModels = false;
// Importing transformers.js sets an address of the network.
env.useWasmCache = false;
ort.env.wasm.wasmPaths = undefined;
env.localModelPath = process.argv[1];
const classify = await pipeline('image-classification', process.argv[2], { dtype: 'fp32', device: 'auto' });
console.log(JSON.stringify(await classify(process.argv[3], { top_k: 5 })));
process.exit(0);
`;

for (const [name, imageSize] of [
  ['resnet20', 32],
  ['vit_64', 32],
  ['deit_tiny_patch16_224', 32],
  ['swin_pico_patch4_window7_224', 56],
  ['convnext_tiny', 64],
  ['mobilenetv2_035', 32],
] as const)
  test(`transformers.js classifies an image with ${name}, offline`, { skip }, async (context) => {
    const folder = await temporaryFolder(context);
    const classes = ['apple', 'bear', 'cup', 'rose', 'train'];
    const model = create(name, classes.length, imageSize);
    setDistinctWeights(model);
    const preprocessing = { ...imageNetPreprocessing, imageSize, cropShare: 1 };
    await writeOnnx({ model, classes, preprocessing }, path.join(folder, name));
    const pixels = Buffer.from(Array.from({ length: imageSize ** 2 * 3 }, (_, i) => (i * 37) % 256));
    const image = path.join(folder, 'image.png');
    await sharp(pixels, { raw: { width: imageSize, height: imageSize, channels: 3 } })
      .png()
      .toFile(image);
    const probabilities = tf.tidy(() => {
      const values = tf.tensor4d(Float32Array.from(pixels), [1, imageSize, imageSize, 3]);
      const { mean, std } = preprocessing;
      const normalised = tf.div<tf.Tensor4D>(tf.sub(tf.div(values, 255), [...mean]), [...std]);
      return tf
        .softmax(model.forward(normalised, { mode: 'eval' }).logits)
        .dataSync<'float32'>()
        .slice();
    });
    disposeModule(model);
    const run = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', script, folder, name, image],
      { encoding: 'utf8', cwd: browserPackages },
    );
    const answers: unknown = JSON.parse(run.stdout);
    assert.ok(Array.isArray(answers));
    assert.equal(answers.length, classes.length);
    for (const answer of answers as readonly unknown[]) {
      assert.ok(typeof answer === 'object' && answer !== null && 'label' in answer && 'score' in answer);
      const expected = probabilities[classes.indexOf(String(answer.label))]!;
      expectClose([Number(answer.score)], [expected], { relative: 1e-3, absolute: 1e-5 }, String(answer.label));
    }
  });

/** A network of the zoo; of ConvNeXt a small one under the name of the smallest. */
function create(name: string, classes: number, imageSize: number): Model {
  const small = { imageSize, depths: [1, 1, 1, 1], channels: [8, 8, 16, 16] } as const;
  return name.startsWith('convnext')
    ? new ConvNeXt(name, classes, small, new Random(1))
    : createModel(name, { classes, imageSize }, new Random(1));
}

test('no configuration is written for an architecture that transformers.js does not know', () => {
  const model = createModel('mixer_64', { classes: 2 }, new Random(1));
  assert.equal(transformersJsFiles({ model, classes: ['a', 'b'], preprocessing: imageNetPreprocessing }), undefined);
  disposeModule(model);
});
