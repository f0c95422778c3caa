import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { openClassifier } from '../../lib/export/classifier';
import { loadExits } from '../../lib/export/exits';
import { createDistillation } from '../../lib/methods/methods';
import { branchesBeside } from '../../lib/models/branches/branchesBeside';
import { saveBranches } from '../../lib/models/branches/branchFile';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { saveWeights } from '../../lib/models/weights/weights';
import { Random } from '../../lib/tensor/random';
import { UserError } from '../../lib/errors';
import { temporaryFolder } from '../support/temporaryFolder';

const student = path.join('data', 'weights', 'vit_64-by-ofa.safetensors');

function throwsWith(work: () => unknown, ...texts: readonly string[]): void {
  assert.throws(work, (error) => error instanceof UserError && texts.every((text) => error.message.includes(text)));
}

test('a recorded student states its network, and CIFAR-100 gives class names and normalisation', () => {
  const { model, classes, preprocessing, origin } = openClassifier(student);
  assert.equal(model.name, 'vit_64');
  assert.equal(classes.length, 100);
  assert.equal(classes[99], 'worm');
  assert.deepEqual([preprocessing.imageSize, preprocessing.cropShare], [32, 1]);
  assert.deepEqual(preprocessing.mean, [0.5071, 0.4865, 0.4409]);
  assert.equal(origin['top1'], '29.55');
  disposeModule(model);
});

test('rejects weights that do not fit the network, and a wrong number of class names', async (context) => {
  throwsWith(() => openClassifier(student, { network: 'resnet_16' }), 'do not fit resnet_16', 'fc.weight is missing');
  throwsWith(() => openClassifier(student, { network: 'vit_96' }), 'do not fit vit_96');
  throwsWith(() => openClassifier(student, { network: 'vit_65' }), 'vit_64');
  throwsWith(() => openClassifier(student, { classes: ['cat', 'dog'] }), '2 class names', '100 classes');
  throwsWith(() => openClassifier('missing.safetensors'), 'missing.safetensors');
  const file = path.join(await temporaryFolder(context), 'weights.safetensors');
  const model = createModel('resnet_16', { classes: 2 }, new Random(1));
  await saveWeights(model, file, { model: 'unknown' });
  throwsWith(() => openClassifier(file), 'unknown');
  disposeModule(model);
});

for (const [name, kind] of [
  ['vit_64', 'ofa'],
  ['resnet_16', 'spofa'],
] as const)
  test(`branches of ${kind} are read as they were written, and only with their student`, async (context) => {
    const file = branchesBeside(path.join(await temporaryFolder(context), 'student.safetensors'));
    assert.match(file, /student\.branches\.safetensors$/);
    const model = createModel(name, { classes: 4 }, new Random(1));
    const teacher = createModel('resnet_16', { classes: 4 }, new Random(2));
    const setting = { student: model, teacher, examples: 4, labels: [0, 1, 2, 3], random: new Random(3) };
    const { exits = [], modules } = createDistillation({ kind, stages: [1, 3] }, setting);
    await saveBranches(
      model,
      exits.flatMap(({ trained }) => (trained ? [trained] : [])),
      file,
    );
    const loaded = loadExits(model, file);
    assert.deepEqual(
      loaded.exits.map(({ stage }) => stage),
      [1, 3],
    );
    const written = new Map(parameters(modules));
    for (const [path, { value }] of parameters(loaded.modules))
      assert.deepEqual(value.dataSync(), written.get(path)!.value.dataSync());
    const other = createModel('vit_96', { classes: 4 }, new Random(1));
    throwsWith(() => loadExits(other, file), 'do not fit vit_96');
    throwsWith(() => loadExits(model, student), 'holds no exit branches');
    for (const module of [model, teacher, other, modules, loaded.modules]) disposeModule(module);
  });
