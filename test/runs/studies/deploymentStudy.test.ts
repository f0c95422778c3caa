import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { openClassifier } from '../../../lib/export/classifier';
import { hasOnnxruntime } from '../../../lib/export/onnxruntime/runProgram';
import { disposeModule } from '../../../lib/models/parameter';
import { inputEntry } from '../../../lib/models/weights/savedInput';
import { saveWeights } from '../../../lib/models/weights/weights';
import { createModel } from '../../../lib/models/zoo';
import { deploymentStudy, type DeployedModel, type DeploymentStudy } from '../../../lib/runs/studies/deploymentStudy';
import * as tf from '../../../lib/tensor/engine/tf';
import { Random } from '../../../lib/tensor/random';
import { evaluate } from '../../../lib/training/evaluation/evaluate';
import { expectClose } from '../../support/close';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';

const weights = 'data/weights/resnet_16-by-ofa.safetensors';
const command = 'npm run onnxruntime';

async function openStudy(
  context: TestContext,
  isInstalled: boolean,
  files: readonly string[] = [weights],
): Promise<{ readonly study: DeploymentStudy; readonly out: string; readonly warnings: string }> {
  const out = await temporaryFolder(context);
  const warnings: string[] = [];
  const warn = (notice: string | undefined): void => void (notice !== undefined && warnings.push(notice));
  const settings = { profile: 'smoke', weights: files, testImages: 40, out } as const;
  const study = await deploymentStudy(settings, warn, isInstalled);
  return { study, out, warnings: warnings.join('\n') };
}

async function lastOf(study: DeploymentStudy): Promise<readonly DeployedModel[]> {
  let models: readonly DeployedModel[] = [];
  for await (const soFar of study.models()) {
    assert.equal(soFar.length, models.length + 1);
    models = soFar;
  }
  return models;
}

/** Top-1 of the recorded student on the images of the study. */
async function ownTop1({ test: images }: DeploymentStudy): Promise<number> {
  const { model, preprocessing } = openClassifier(weights);
  const { mean, std } = preprocessing;
  const { top1 } = await evaluate(model, { ...images, mean, std });
  disposeModule(model);
  return top1;
}

test('without onnxruntime, students are exported only, and a warning names the command', async (context) => {
  const before = tf.memory().numTensors;
  const { study, out, warnings } = await openStudy(context, false, [weights, 'data/weights/mixer_64.safetensors']);
  assert.ok(warnings.includes('SYNTHETIC') && warnings.includes(command), warnings);
  const models = await lastOf(study);
  assert.deepEqual(
    models.map(({ student, network, precision, performance }) => [student, network, precision, performance]),
    [
      ['resnet_16-by-ofa', 'resnet_16', 'float32', undefined],
      ['mixer_64', 'mixer_64', 'float32', undefined],
    ],
  );
  for (const { student, bytes } of models)
    assert.equal((await stat(path.join(out, student, 'onnx', 'model.onnx'))).size, bytes);
  assert.equal(tf.memory().numTensors, before, 'no tensor is left');
});

test(
  'onnxruntime measures both precisions, and float32 has the top-1 of the network',
  { skip: !hasOnnxruntime() && `needs onnxruntime in Python: ${command} installs it` },
  async (context) => {
    const { study, warnings } = await openStudy(context, true);
    assert.ok(!warnings.includes(command));
    const [float32, int8, ...others] = await lastOf(study);
    assert.deepEqual([float32!.precision, int8!.precision, others.length], ['float32', 'int8', 0]);
    expectClose([float32!.performance!.top1], [await ownTop1(study)]);
    assert.ok(int8!.bytes < float32!.bytes / 2);
    for (const { performance } of [float32!, int8!]) assert.ok(performance!.milliseconds > 0);
  },
);

test('the exits of a student are read with its branches and its normalisation', async (context) => {
  const before = tf.memory().numTensors;
  const { study } = await openStudy(context, false);
  const { name, exits, top1, earlyExit } = await study.exits(weights, [0, 1.01]);
  assert.deepEqual([name, exits.length], ['resnet_16-by-ofa', 5]);
  expectClose([top1.at(-1)!, earlyExit[1]!.top1], Array<number>(2).fill(await ownTop1(study)));
  await rejectsWith(study.exits('data/weights/vit_64.safetensors', [0]), 'vit_64.branches.safetensors');
  assert.equal(tf.memory().numTensors, before, 'no tensor is left');
});

test('rejects a student for other classes or another image size', async (context) => {
  const folder = await temporaryFolder(context);
  for (const [options, text] of [
    [{ classes: 3, imageSize: 32 }, '3 classes'],
    [{ classes: 100, imageSize: 16 }, '16 px'],
  ] as const) {
    const file = path.join(folder, 'student.safetensors');
    const model = createModel('vit_64', options, new Random(0));
    const classes = Array.from({ length: options.classes }, (_, i) => `class ${i}`);
    await saveWeights(model, file, { model: 'vit_64', ...inputEntry({ ...options, classes, cropShare: 1 }) });
    disposeModule(model);
    const { study } = await openStudy(context, false, [file]);
    await rejectsWith(lastOf(study), file, text, 'synthetic test has 100 classes and images of 32 × 32 px');
  }
});
