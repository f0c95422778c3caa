import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { loadWeightsFile, saveWeights } from '../../lib/models/weights/weights';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { fill } from '../../lib/reference/fill';
import { readSafetensors, writeSafetensors } from '../../lib/io/safetensors/safetensors';
import type { Model } from '../../lib/models/model';
import { runFolderOf } from '../../lib/runs/runFolder/paths';
import { runJob } from '../../lib/runs/execution/runJob';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { jobsOf, tiny } from '../runs/example';
import { expectClose, largest } from '../support/close';
import { temporaryFolder } from '../support/temporaryFolder';

/** A Python with torch, timm and safetensors, or undefined. */
const python = process.env['OFA_PYTHON'] ?? 'python3';
const probe = spawnSync(python, ['-c', 'import torch, timm, safetensors.torch'], { encoding: 'utf8' });
const skip = probe.status === 0 ? false : 'needs a Python with torch, timm and safetensors: set OFA_PYTHON to it';

const script = `
import sys, json, torch, timm, safetensors.torch as st
name, size, weights, images = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
sized = {'img_size': size} if name.startswith(('vit', 'swin', 'mixer', 'resmlp')) else {}
model = timm.create_model(name, num_classes=int(sys.argv[5]), **sized).eval()
missing, unexpected = model.load_state_dict(st.load_file(weights), strict=False)
assert not unexpected and all(k.endswith('num_batches_tracked') for k in missing), (missing, unexpected)
x = st.load_file(images)['images'].permute(0, 3, 1, 2)
with torch.no_grad(): print(json.dumps(model(x).flatten().tolist()))
`;

/** Asserts that timm computes the model's logits from its weights file. */
async function expectSameInTimm(model: Model, weights: string, folder: string): Promise<void> {
  const size = model.imageSize;
  const pictures = path.join(folder, 'images.safetensors');
  const shape: [number, number, number, number] = [2, size, size, 3];
  const data = Float32Array.from(fill('images', 2 * size * size * 3));
  await writeSafetensors(pictures, new Map([['images', { shape, data }]]));
  const run = spawnSync(python, ['-c', script, model.name, String(size), weights, pictures, String(model.classes)], {
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stderr);
  const logits = tf.tidy(() =>
    model.forward(tf.tensor4d(data, shape), { mode: 'eval' }).logits.dataSync<'float32'>().slice(),
  );
  const theirs: unknown = JSON.parse(run.stdout);
  assert.ok(Array.isArray(theirs));
  expectClose(logits, theirs.map(Number), { relative: 0, absolute: 1e-4 * largest(logits) });
}

for (const [name, size] of [
  ['mobilenetv2_035', 64],
  ['resnet18', 64],
  ['vit_tiny_patch16_224', 48],
  ['swin_tiny_patch4_window7_224', 64],
  ['resmlp_12_224', 32],
] as const) {
  test(`${name}: saved weights give the same logits in timm`, { skip }, async (context) => {
    const folder = await temporaryFolder(context);
    const weights = path.join(folder, 'weights.safetensors');
    const model = createModel(name, { classes: 7, imageSize: size }, new Random(3));
    await saveWeights(model, weights);
    await expectSameInTimm(model, weights, folder);
    disposeModule(model);
  });
}

for (const [student, teacher] of [
  ['resnet18', 'vit_tiny_patch16_224'],
  ['vit_small_patch16_224', 'resnet18'],
] as const) {
  test(
    `${student}, distilled from ${teacher} by OFA, is saved without branches and has the same logits in timm`,
    { skip },
    async (context) => {
      const folder = await temporaryFolder(context);
      const [job] = jobsOf([
        {
          name: student,
          recipe: {
            ...tiny.recipe,
            student,
            teacher: { model: teacher, weights: 'fresh' },
            method: { kind: 'ofa' },
            imageSize: 64,
            data: { name: 'synthetic', trainImages: 16 },
            epochs: 1,
            batchSize: 8,
            clipNorm: 5,
          },
        },
      ]);
      const record = await runJob(job!, { runsFolder: folder });
      assert.ok(record.measures!['methodParameters']! > 0, 'branches were trained');
      const weights = path.join(runFolderOf(job!, folder), 'student.safetensors');
      const model = createModel(student, { classes: 100, imageSize: 64 }, new Random(3));
      assert.deepEqual(
        [...readSafetensors(weights).tensors.keys()].sort(),
        parameters(model)
          .map(([name]) => name)
          .sort(),
      );
      loadWeightsFile(model, weights);
      await expectSameInTimm(model, weights, folder);
      disposeModule(model);
    },
  );
}
