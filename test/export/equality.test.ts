import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeModel } from '../../lib/export/onnx/encode';
import { recordGraph } from '../../lib/export/recordGraph';
import { createDistillation } from '../../lib/methods/methods';
import type { Model } from '../../lib/models/model';
import { ConvNeXt } from '../../lib/models/networks/convNeXt';
import { ResMlp } from '../../lib/models/networks/resMlp';
import { disposeModule } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { tinyNetworks } from '../models/tinyNetworks';
import { expectClose, largest } from '../support/close';
import { runOnnx, withoutSession as skip } from './onnxSession';
import { distinctImages, setDistinctWeights } from './ownWeights';

/** Networks of the zoo at another image size than their own; small ones of ConvNeXt and ResMLP. */
const resized = [
  ['resnet20', 24],
  ['mobilenetv2_035', 40],
  ['vit_64', 16],
  ['mixer_64', 16],
  ['deit_tiny_patch16_224', 32],
  ['swin_pico_patch4_window7_224', 64],
  ['convnext', 64],
  ['resmlp', 28],
] as const;

function createResized(name: string, imageSize: number): Model {
  const random = new Random(1);
  const convNeXt = { imageSize, depths: [1, 1, 2, 1], channels: [8, 16, 24, 32] } as const;
  if (name === 'convnext') return new ConvNeXt(name, 7, convNeXt, random);
  const resMlp = { imageSize, patch: 4, width: 24, depth: 12, layerScale: 0.1 };
  if (name === 'resmlp') return new ResMlp(name, 7, resMlp, random);
  return createModel(name, { classes: 7, imageSize }, random);
}

async function expectEqual(model: Model): Promise<void> {
  setDistinctWeights(model);
  const file = encodeModel(recordGraph(model), {});
  for (const count of [1, 5]) {
    const images = distinctImages(count, model.imageSize);
    const logits = tf.tidy(() => model.forward(images, { mode: 'eval' }).logits.dataSync<'float32'>().slice());
    const theirs = (await runOnnx(file, images)).get('logits')!;
    assert.ok(largest(logits) > 0);
    expectClose(theirs, logits, { relative: 0, absolute: 1e-4 * largest(logits) });
    images.dispose();
  }
  disposeModule(model);
}

for (const [name, create] of Object.entries(tinyNetworks))
  test(`onnxruntime computes the logits of ${name}, for one image and for five`, { skip }, () => expectEqual(create()));

for (const [name, imageSize] of resized)
  test(`onnxruntime computes the logits of ${name} at ${imageSize} px`, { skip }, () =>
    expectEqual(createResized(name, imageSize)),
  );

for (const [name, teacherName, kind] of [
  ['resnet_16', 'vit_64', 'ofa'],
  ['vit_64', 'resnet_16', 'ofa'],
  ['resnet_16', 'vit_64', 'spofa'],
] as const)
  test(`onnxruntime computes the logits of the ${kind} branches of ${name}`, { skip }, async () => {
    const options = { classes: 6, imageSize: 32 };
    const student = createModel(name, options, new Random(1));
    const teacher = createModel(teacherName, options, new Random(2));
    const setting = { student, teacher, examples: 4, labels: [0, 1, 2, 3], random: new Random(3) };
    const { exits = [], modules } = createDistillation({ kind }, setting);
    for (const module of [student, modules]) setDistinctWeights(module);
    const images = distinctImages(3, 32);
    const theirs = await runOnnx(encodeModel(recordGraph(student, { exits, modules }), {}), images);
    assert.deepEqual([...theirs.keys()], ['logits', 'exit1', 'exit2', 'exit3', 'exit4']);
    tf.tidy(() => {
      const output = student.forward(images, { mode: 'eval' });
      for (const exit of exits) {
        const ours = exit.logits(output, 'eval').dataSync<'float32'>();
        expectClose(theirs.get(`exit${exit.stage}`)!, ours, { relative: 0, absolute: 1e-4 * largest(ours) }, exit.name);
      }
    });
    for (const module of [student, teacher, modules]) disposeModule(module);
    images.dispose();
  });
