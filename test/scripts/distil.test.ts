import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
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
  assert.ok(existsSync(branches) && existsSync(path.join(out, 'export', 'onnx', 'model.onnx')));
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

test('reports all errors of its options without a stack', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      ...command,
      '--student',
      'mixer_46',
      '--teacher',
      'resnet_61',
      '--data',
      'nowhere',
      '--method',
      'ofaa',
      '--batch-size',
      '0',
    ],
    { encoding: 'utf8' },
  );
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
