import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { modelMessage } from '../../lib/export/onnx/encode';
import { readNetworks } from '../../lib/models/own/readNetworks';
import { disposeModule } from '../../lib/models/parameter';
import { inputEntry } from '../../lib/models/weights/savedInput';
import { saveWeights } from '../../lib/models/weights/weights';
import { createModel } from '../../lib/models/zoo';
import { Random } from '../../lib/tensor/random';
import { runOnnx, withoutSession as skip } from '../export/onnxSession';
import { distinctImages } from '../export/ownWeights';
import { expectClose } from '../support/close';
import { temporaryFolder } from '../support/temporaryFolder';

const student = path.join('data', 'weights', 'vit_64-by-ofa.safetensors');

function runExport(...args: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  return spawnSync(process.execPath, ['scripts/launch.mjs', 'export', ...args], { encoding: 'utf8' });
}

/** A file with a network of one layer. `pooled` is its source for the pooled features. */
async function writeNetwork(folder: string, pooled: string): Promise<string> {
  const file = path.join(folder, 'mine.ts');
  await writeFile(
    file,
    `import { defineNetwork, Linear, tf } from '${path.resolve('lib', 'models', 'index')}';
export const mine = defineNetwork({
  name: 'mine_8',
  family: 'mlp',
  imageSize: 8,
  create: ({ classes }, random) => {
    const head = new Linear(12, classes, random.fork('head'));
    return {
      modules: { head },
      forward: (images) => {
        const stage = tf.avgPool(images, 4, 4, 'same');
        const pooled = ${pooled};
        return { logits: head.apply(pooled), stages: [stage, stage, stage, stage], pooled };
      },
    };
  },
});
`,
  );
  return file;
}

test('exports a network of your own with its class names', { skip }, async (context) => {
  const folder = await temporaryFolder(context);
  const file = await writeNetwork(folder, 'tf.reshape(stage, [-1, 12])');
  const classes = ['cat', 'dog', 'owl'];
  const weights = path.join(folder, 'mine.safetensors');
  const networks = await readNetworks(file);
  const model = createModel('mine_8', { classes: 3, networks }, new Random(1));
  await saveWeights(model, weights, { model: 'mine_8', ...inputEntry({ classes, imageSize: 8, cropShare: 1 }) });
  const { status, stderr } = runExport(weights, '--networks', file, '--out', folder);
  assert.equal(status, 0, stderr);
  const onnx = await readFile(path.join(folder, 'onnx', 'model.onnx'));
  const images = distinctImages(2, 8);
  const { logits } = model.forward(images, { mode: 'eval' });
  const theirs = (await runOnnx(onnx, images)).get('logits')!;
  expectClose(theirs, logits.dataSync<'float32'>(), { relative: 0, absolute: 1e-5 });
  const metadata = JSON.stringify(modelMessage().decode(onnx).toJSON()['metadata_props']);
  assert.match(metadata, /owl/);
  disposeModule(model);
});

test('names the block and the op of a network of your own that cannot be exported', async (context) => {
  const folder = await temporaryFolder(context);
  const file = await writeNetwork(folder, 'tf.cumsum(tf.reshape(stage, [-1, 12]), 1)');
  const networks = await readNetworks(file);
  const model = createModel('mine_8', { classes: 3, networks }, new Random(1));
  const weights = path.join(folder, 'mine.safetensors');
  await saveWeights(model, weights, { model: 'mine_8' });
  disposeModule(model);
  const { status, stderr } = runExport(weights, '--networks', file, '--out', folder);
  assert.equal(status, 1);
  assert.match(stderr, /mine_8.*Cumsum/s);
  assert.doesNotMatch(stderr, /\n\s+at /);
});

test('rejects files and options that do not fit, without a stack', async (context) => {
  const folder = await temporaryFolder(context);
  await writeFile(path.join(folder, 'names.txt'), 'cat\ndog\n');
  for (const [args, pattern] of [
    [[student, '--network', 'resnet_16'], /do not fit resnet_16: fc\.weight is missing/],
    [[student, '--exits'], /vit_64-by-ofa\.branches\.safetensors/],
    [[student, '--exits', student], /holds no exit branches/],
    [[student, '--calibrate', folder], /--calibrate is for the quantisation\. Add --int8/],
    [
      [student, '--int8', '--calibrate', folder, '--out', folder],
      /contains no folders\. It needs one folder of images per class/,
    ],
    [[student, '--classes', path.join(folder, 'names.txt')], /2 class names are given, and vit_64 .* 100 classes/],
    [[path.join('docs', 'cka.png')], /cka\.png/],
    [['missing.safetensors'], /missing\.safetensors/],
  ] as const) {
    const { status, stderr } = runExport(...args);
    assert.equal(status, 1, args.join(' '));
    assert.match(stderr, pattern);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
});
