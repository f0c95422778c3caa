import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openImageFolder } from '../../../lib/data/datasets/imageFolder';
import { syntheticImages } from '../../../lib/data/datasets/synthetic';
import { writeImageFolder } from '../../../lib/data/datasets/writeImageFolder';
import { isAbort } from '../../../lib/errors';
import { readSafetensors } from '../../../lib/io/safetensors/safetensors';
import { sha256 } from '../../../lib/io/sha256';
import { disposeModule, parameterCount, parameters } from '../../../lib/models/parameter';
import { networkMultiplyAdds } from '../../../lib/models/summary';
import { resized } from '../../../lib/models/weights/resized';
import { savedInput } from '../../../lib/models/weights/savedInput';
import { normalisationEntry } from '../../../lib/models/weights/savedNormalisation';
import { loadWeightsFile, saveWeights } from '../../../lib/models/weights/weights';
import { createModel } from '../../../lib/models/zoo';
import type { Gain } from '../../../lib/results/gain';
import { distil, type DistilOptions } from '../../../lib/runs/execution/distil';
import type { Pair } from '../../../lib/runs/execution/ownPair';
import type { Job } from '../../../lib/runs/plan/job';
import { Random } from '../../../lib/tensor/random';
import { evaluate } from '../../../lib/training/evaluation/evaluate';
import { rejectsWith } from '../../support/rejectsWith';
import { makeTemporaryFolder, temporaryFolder } from '../../support/temporaryFolder';

let [folder, remove] = ['', async (): Promise<void> => undefined];
let pair: Pair;
before(async () => {
  [folder, remove] = await makeTemporaryFolder();
  const made = (count: number, label: string) =>
    syntheticImages(new Random(0).fork(label), { count, classes: 4, size: { height: 32, width: 32 } });
  await writeImageFolder(made(64, 'train'), path.join(folder, 'train'));
  await writeImageFolder(made(24, 'test'), path.join(folder, 'test'));
  pair = {
    student: 'mixer_64',
    teachers: [{ model: 'resnet_16' }],
    method: { kind: 'ofa' },
    imageSize: 32,
    epochs: 2,
    data: { name: 'folder', path: path.join(folder, 'train'), validation: path.join(folder, 'test') },
  };
});
after(() => remove());

test('distils and trains from scratch, saves the plain network, does not repeat finished runs', async (context) => {
  const out = await temporaryFolder(context);
  const runs: string[] = [];
  const options: DistilOptions = { out, command: 'as in the test', onRun: ({ row }) => runs.push(row) };
  await writeFile(path.join(folder, 'train', 'stripes 1', 'broken.jpg'), 'no JPEG');
  const notices: string[] = [];
  const gain = await distil(pair, { ...options, onNotice: (text) => notices.push(text) });
  assert.deepEqual(runs, ['teacher', 'scratch', 'distilled']);

  const plain = createModel('mixer_64', { classes: 4, imageSize: 32 }, new Random(1));
  const { metadata } = loadWeightsFile(plain, path.join(out, 'student.safetensors'));
  assert.equal(metadata.get('recipe'), gain.distilled.id);
  assert.equal(savedInput(metadata, 'student')?.cropShare, 0.875, 'image files are resized and cropped');
  const validation = await openImageFolder(path.join(folder, 'test'), { imageSize: 32 });
  assert.equal((await evaluate(plain, validation)).top1, gain.distilled.top1);
  assert.equal(gain.student.parameters, parameterCount(plain));
  assert.equal(gain.student.multiplyAdds, gain.scratch.measures?.['multiplyAdds']);
  assert.deepEqual(gain.distilled.measures?.['parameters'], gain.scratch.measures?.['parameters']);
  assert.equal(gain.scratch.measures?.['methodParameters'], 0);
  assert.ok(gain.methodParameters > 0 && gain.methodMultiplyAdds! > 0);
  assert.equal(
    parameters(plain).length,
    parameters(createModel('mixer_64', { classes: 4, imageSize: 32 }, new Random(2))).length,
  );
  disposeModule(plain);

  // Each network has the recipe of its family. The two recipes of the student differ in method and teacher only.
  const [optimizer, teacherOptimizer] = await Promise.all(
    [gain.distilled.id, await idOf(out, 'teacher')].map(async (id) => optimizerOf(out, id)),
  );
  assert.deepEqual([optimizer, teacherOptimizer], ['adamw', 'sgd']);
  const { method: _, teacher: __, ...common } = gain.distilled.recipe;
  const { method: ___, teacher: ____, ...alone } = gain.scratch.recipe;
  assert.deepEqual(common, alone);
  assert.ok(gain.trainImages === 65 && gain.validationImages === 24 && gain.classes === 4);
  assert.match(notices.join('\n'), /broken\.jpg is left out/);
  assert.equal(notices.filter((text) => text.startsWith('images: ')).length, 1, 'the images are described once');
  assert.equal(new Set(notices).size, notices.length);
  assert.equal(gain.distilled.history[1]!.unreadable, 1);

  const again = await distil(pair, options);
  assert.deepEqual(withoutLatency(again), withoutLatency(gain));
  assert.deepEqual(
    withoutLatency(JSON.parse(await readFile(path.join(out, 'records.json'), 'utf8')) as Gain),
    withoutLatency(again),
  );
});

test('resumes a stopped run to the same student', async (context) => {
  const [undisturbed, out] = [await temporaryFolder(context), await temporaryFolder(context)];
  const given = { ...pair, epochs: 1, seed: 3 };
  await distil(given, { out: undisturbed, command: 'as in the test' });
  for (const events of [5, 8]) {
    const stop = new AbortController();
    let count = 0;
    await assert.rejects(
      distil(given, {
        out,
        command: 'as in the test',
        signal: stop.signal,
        onEvent: () => {
          if (++count === events) stop.abort();
        },
      }),
      (error) => isAbort(error, stop.signal),
    );
    assert.ok(!existsSync(path.join(out, 'student.safetensors')));
  }
  await distil(given, { out, command: 'as in the test' });
  const [expected, student] = [undisturbed, out].map(
    (place) => readSafetensors(path.join(place, 'student.safetensors')).tensors,
  );
  assert.deepEqual(student, expected);
});

test('fine-tunes the teacher only if its classes differ, and holds out a share by seed', async (context) => {
  const [first, out] = [await temporaryFolder(context), await temporaryFolder(context)];
  const split = {
    ...pair,
    epochs: 1,
    data: { name: 'folder', path: pair.data.path, split: { share: 0.25, seed: 1 } },
  } as const;
  const { teacher, validationImages } = await distil(split, { out: first, command: 'as in the test' });
  assert.equal(validationImages, 16);
  const runs: string[] = [];
  const again = await distil(
    { ...split, teachers: [{ model: 'resnet_16', weights: teacher.weights }] },
    { out, command: 'as in the test', onRun: ({ row }) => runs.push(row) },
  );
  assert.deepEqual(runs, ['scratch', 'distilled']);
  assert.equal(again.teacher.top1, teacher.top1);

  const two = path.join(await temporaryFolder(context), 'two');
  await writeImageFolder(
    syntheticImages(new Random(0), { count: 40, classes: 2, size: { height: 32, width: 32 } }),
    two,
  );
  const other: string[] = [];
  await distil(
    { ...split, data: { ...split.data, path: two }, teachers: [{ model: 'resnet_16', weights: teacher.weights }] },
    { out, command: 'as in the test', onRun: ({ row, recipe }) => other.push(`${row} from ${recipe.initial}`) },
  );
  assert.equal(other[0], `teacher from ${teacher.weights}`);
});

test('normalises images as the teacher’s weights expect, and records it in the student’s file', async (context) => {
  const [folderOfWeights, out] = [await temporaryFolder(context), await temporaryFolder(context)];
  const options = { classes: 4, imageSize: 32 };
  const teacher = createModel('resnet_16', options, new Random(5));
  const teacherWeights = path.join(folderOfWeights, 'teacher.safetensors');
  const normalisation = { mean: [0.5, 0.4, 0.3], std: [0.5, 0.6, 0.7] } as const;
  await saveWeights(teacher, teacherWeights, normalisationEntry(normalisation));
  const given: Pair = { ...pair, epochs: 1, teachers: [{ model: 'resnet_16', weights: teacherWeights }] };
  const gain = await distil(given, { out, command: 'as in the test' });
  const validation = { ...(await openImageFolder(path.join(folder, 'test'), { imageSize: 32 })), ...normalisation };
  assert.equal(gain.teacher.top1, (await evaluate(teacher, validation)).top1);
  const student = createModel('mixer_64', options, new Random(1));
  assert.deepEqual(loadWeightsFile(student, path.join(out, 'student.safetensors')).normalisation, normalisation);
  assert.equal(gain.distilled.top1, (await evaluate(student, validation)).top1);
  assert.deepEqual(
    [gain.normalisation, gain.scratch.recipe['data'], gain.distilled.recipe['data']].map((part) =>
      JSON.stringify(part).includes('"mean":[0.5,0.4,0.3]'),
    ),
    [true, true, true],
  );
  // The record identifies the weights, and replaced weights under the same path are rejected.
  assert.deepEqual(gain.distilled.givenWeights, {
    teacher: { path: teacherWeights, sha256: await sha256(teacherWeights) },
  });
  assert.equal(gain.scratch.givenWeights, undefined);
  const other = createModel('resnet_16', options, new Random(6));
  await saveWeights(other, teacherWeights, normalisationEntry(normalisation));
  await rejectsWith(
    distil(given, { out, command: 'as in the test' }),
    "started with other teacher's weights",
    teacherWeights,
  );
  disposeModule([teacher, student, other]);
});

test('distils from a teacher of 224-pixel images, which reads the student’s images resized', async (context) => {
  const [folderOfWeights, out] = [await temporaryFolder(context), await temporaryFolder(context)];
  const weights = path.join(folderOfWeights, 'teacher.safetensors');
  const teacher = createModel('mobilenetv2_100', { classes: 4, imageSize: 224 }, new Random(5));
  await saveWeights(teacher, weights);
  const given: Pair = {
    ...pair,
    epochs: 1,
    method: { kind: 'kd' },
    teachers: [{ model: 'mobilenetv2_100', weights, imageSize: 224 }],
  };
  const runs: string[] = [];
  const gain = await distil(given, { out, command: 'as in the test', onRun: ({ row }) => runs.push(row) });
  assert.deepEqual(runs, ['scratch', 'distilled']);
  assert.deepEqual(gain.distilled.recipe['teacher'], { model: 'mobilenetv2_100', weights, imageSize: 224 });
  assert.deepEqual([gain.distilled.recipe['imageSize'], gain.scratch.recipe['imageSize']], [32, 32]);
  const validation = await openImageFolder(path.join(folder, 'test'), { imageSize: 32 });
  assert.equal(gain.teacher.top1, (await evaluate(resized(teacher, 32, 'bicubic'), validation)).top1);
  const own = networkMultiplyAdds(teacher)!;
  assert.ok(gain.teacher.multiplyAdds! >= own && gain.teacher.multiplyAdds! < 1.1 * own, 'at 224 pixels');
  disposeModule(teacher);
});

test('warns of a teacher whose weights are for another image size', async (context) => {
  const out = await temporaryFolder(context);
  const weights = path.join(out, 'vit.safetensors');
  const vit = createModel('vit_tiny_patch16_224', { classes: 4 }, new Random(0));
  await saveWeights(vit, weights);
  disposeModule(vit);
  const stop = new AbortController();
  const notices: string[] = [];
  const first = distil(
    { ...pair, teachers: [{ model: 'vit_tiny_patch16_224', weights }] },
    { out, command: '', signal: stop.signal, onNotice: (text) => notices.push(text), onRun: () => stop.abort() },
  );
  await assert.rejects(first, (error) => isAbort(error, stop.signal));
  assert.ok(
    notices.some((text) => /reads images of 32 pixels here, .* for 224\. .*--teacher-image-size 224/.test(text)),
    notices.join('\n'),
  );
});

test('several teachers act as one, each with its own weights, image size and normalisation', async (context) => {
  const [folderOfWeights, out] = [await temporaryFolder(context), await temporaryFolder(context)];
  const [first, second] = ['first', 'second'].map((name) => path.join(folderOfWeights, `${name}.safetensors`));
  const cnn = createModel('resnet_16', { classes: 4, imageSize: 32 }, new Random(5));
  const vit = createModel('vit_64', { classes: 4, imageSize: 48 }, new Random(6));
  const normalisation = { mean: [0.5, 0.4, 0.3], std: [0.5, 0.6, 0.7] } as const;
  await saveWeights(cnn, first!);
  await saveWeights(vit, second!, normalisationEntry(normalisation));
  const given: Pair = {
    ...pair,
    epochs: 1,
    teachers: [
      { model: 'resnet_16', weights: first! },
      { model: 'vit_64', weights: second!, imageSize: 48 },
      { model: 'resnet_16' },
    ],
  };
  const runs: Job[] = [];
  const gain = await distil(given, { out, command: 'as in the test', onRun: (job) => runs.push(job) });
  assert.deepEqual(
    runs.map(({ row }) => row),
    ['teacher 3', 'scratch', 'distilled'],
  );
  assert.equal(runs[0]!.recipe.seed, 2);
  const third = path.join(out, 'runs', runs[0]!.id, 'student.safetensors');
  const { teacher: spec } = runs[2]!.recipe;
  assert.deepEqual(spec, {
    model: 'resnet_16',
    weights: first,
    others: [
      { model: 'vit_64', weights: second, imageSize: 48, normalisation },
      { model: 'resnet_16', weights: third },
    ],
  });
  assert.equal(gain.distilled.teacher, 'resnet_16 + vit_64 + resnet_16');
  assert.equal(gain.teacher.network, gain.distilled.teacher);
  assert.equal(gain.teacher.parameters, 2 * parameterCount(cnn) + parameterCount(vit));
  assert.deepEqual(gain.distilled.givenWeights, {
    teacher: { path: first, sha256: await sha256(first!) },
    others: [
      { path: second, sha256: await sha256(second!) },
      { path: third, sha256: await sha256(third) },
    ],
  });
  [cnn, vit].forEach(disposeModule);
});

test('rejects several teachers for a method that reads features, with the reason', async (context) => {
  const out = path.join(await temporaryFolder(context), 'out');
  const teachers = [{ model: 'resnet_16' }, { model: 'vit_46' }] as const;
  await rejectsWith(
    distil({ ...pair, teachers, method: { kind: 'rkd' } }, { out, command: 'as in the test' }),
    'teacher.others.0: Unknown network "vit_46"',
    "teacher.others: method RKD reads the teacher's pooled features, which several teachers do not have in common",
    'a method that reads logits only',
  );
  assert.ok(!existsSync(out));
});

test('reports all errors at once, before anything is created', async (context) => {
  const out = path.join(await temporaryFolder(context), 'out');
  await rejectsWith(
    distil(
      {
        ...pair,
        student: 'resnet_61',
        teachers: [{ model: 'vit_69' }],
        method: { kind: 'ofa', stages: [5], exponent: -1 },
        epochs: 0,
      },
      { out, command: 'as in the test' },
    ),
    'student: Unknown network "resnet_61"',
    'teacher: Unknown network "vit_69"',
    '5 is not a stage',
    'method.exponent',
    'epochs',
  );
  await rejectsWith(
    distil({ ...pair, method: { kind: 'scratch' } }, { out, command: 'as in the test' }),
    'scratch does not use a teacher',
  );
  assert.ok(!existsSync(out));
  await rejectsWith(
    distil({ ...pair, imageSize: 30, student: 'vit_64' }, { out, command: 'as in the test' }),
    'vit_64 cuts images into patches of 4',
  );
  await rejectsWith(
    distil({ ...pair, data: { ...pair.data, path: path.join(folder, 'nowhere') } }, { out, command: 'as in the test' }),
    'nowhere',
  );
  await rejectsWith(
    distil(
      { ...pair, teachers: [{ model: 'resnet_16', weights: path.join(folder, 'none.safetensors') }] },
      { out, command: 'as in the test' },
    ),
    'none.safetensors',
  );
  assert.ok(!existsSync(path.join(out, 'runs')), 'nothing was trained');
});

async function idOf(out: string, row: string): Promise<string> {
  for (const id of await readdir(path.join(out, 'runs'))) {
    if ((JSON.parse(await readFile(path.join(out, 'runs', id, 'recipe.json'), 'utf8')) as { row: string }).row === row)
      return id;
  }
  throw new Error(`no run ${row}`);
}

async function optimizerOf(out: string, id: string): Promise<string> {
  const { recipe } = JSON.parse(await readFile(path.join(out, 'runs', id, 'recipe.json'), 'utf8')) as {
    recipe: { optimizer: { name: string } };
  };
  return recipe.optimizer.name;
}

function withoutLatency({ student, teacher, ...gain }: Gain): object {
  return { ...gain, student: { ...student, latency: 0 }, teacher: { ...teacher, latency: 0 } };
}
