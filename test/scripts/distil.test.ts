import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { modelMessage } from '../../lib/export/onnx/encode';
import { hasOnnxruntime } from '../../lib/export/onnxruntime/runProgram';
import { temporaryFolder } from '../support/temporaryFolder';
import { writeFolder } from '../data/pictures';

const command = ['scripts/launch.mjs', 'distil'];

test('npm run distil pauses on Ctrl-C, and resumes to a student, records and a page', async (context) => {
  const folder = await temporaryFolder(context);
  const images = await writeFolder(path.join(folder, 'images'), { cats: 20, dogs: 20 });
  await writeFile(path.join(images, 'cats', 'broken.jpg'), 'no JPEG');
  const out = path.join(folder, 'out');
  const args = [
    ...command,
    '--student',
    'mixer_64',
    '--teacher',
    'resnet_16',
    '--data',
    images,
    '--split',
    '0.2',
    '--image-size',
    '32',
    '--epochs',
    '6',
    '--batch-size',
    '16',
    '--export',
    'onnx',
    '--exits',
    ...(hasOnnxruntime() ? ['--int8'] : []),
    '--out',
    out,
  ];

  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let asked = false;
  child.stdout.on('data', (text: Buffer) => {
    // A second Ctrl-C would kill the process.
    if (!asked && text.includes('epoch 1')) asked = child.kill('SIGINT');
  });
  await once(child, 'close');
  assert.equal(child.exitCode, 75);

  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /teacher: resumes after epoch [1-5]/);
  assert.match(stdout, /broken\.jpg is left out/);
  assert.match(
    stdout,
    /mixer_64: top-1 [\d.]+ % without a teacher, [\d.]+ % with resnet_16 \([\d.]+ %\): gained -?[\d.]+ ± [\d.]+ points/,
  );
  assert.ok(existsSync(path.join(out, 'student.safetensors')) && existsSync(path.join(out, 'records.json')));
  const branches = path.join(out, 'student.branches.safetensors');
  assert.ok(existsSync(branches));
  const onnx = path.join(out, 'export', 'onnx');
  const outputs = z.object({ graph: z.object({ output: z.array(z.object({ name: z.string() })) }) }).parse(
    modelMessage()
      .decode(await readFile(path.join(onnx, 'model.onnx')))
      .toJSON(),
  );
  assert.deepEqual(
    outputs.graph.output.map(({ name }) => name),
    ['logits', 'exit1', 'exit2', 'exit3', 'exit4'],
  );
  assert.equal(existsSync(path.join(onnx, 'model_int8.onnx')), hasOnnxruntime());
  const page = await readFile(path.join(out, 'index.html'), 'utf8');
  for (const words of [
    'mixer_64 distilled from resnet_16',
    'multiply-adds',
    'validation images',
    '1, listed in the logs',
    'npm run distil -- --student mixer_64',
    'data:image/png;base64,',
  ]) {
    assert.ok(page.includes(words), `"${words}" on the page`);
  }
});

test('rejects options of the export that do not fit before the training', () => {
  const pair = ['--student', 'vit_64', '--teacher', 'resnet_16', '--data', 'nowhere', '--image-size', '32'];
  for (const [args, pattern] of [
    [['--int8'], /--int8 is for the export\. Add --export onnx/],
    [['--exits'], /--exits is for the export\. Add --export onnx/],
    [['--export', 'onnx', '--int8', '--shards'], /--int8 is calibrated with a folder of images, and --data has shards/],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, [...command, ...pair, ...args], { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, pattern);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
});

const pair = (student: string, teacher: string): string[] => ['--student', student, '--teacher', teacher];

test('names every option of a method that is out of its range, on one screen', () => {
  const methods = ['--data', 'nowhere', '--method', 'kd', '--options', '{"temperature": 0, "weight": -3, "power": 2}'];
  const args = [...command, ...pair('vit_64', 'resnet_16'), ...methods];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 1);
  for (const words of [
    'method.temperature: Number must be greater than 0 (it is 0)',
    'method.weight: Number must be greater than 0 (it is -3)',
    "'power'; the options of kd are ",
  ])
    assert.ok(stderr.includes(words), stderr);
  assert.ok(stderr.trim().split('\n').length <= 4, stderr);
});

test('reports all errors of its options without a stack', () => {
  const options = ['--data', 'nowhere', '--method', 'ofaa', '--batch-size', '0'];
  const args = [...command, ...pair('mixer_46', 'resnet_61'), ...options];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 1);
  for (const words of [
    'student: Unknown network "mixer_46"',
    'teacher: Unknown network "resnet_61"',
    'method: Unknown method "ofaa". Nearest: ofa',
    'batchSize',
  ])
    assert.ok(stderr.includes(words), stderr);
  assert.doesNotMatch(stderr, /\n\s+at /);
});
