import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readNetworks } from '../../lib/models/own/readNetworks';
import { saveWeights } from '../../lib/models/weights/weights';
import { readCalibrated } from '../../lib/results/records/calibratedRecord';
import { readSimilarities } from '../../lib/results/records/similarityRecord';
import { Random } from '../../lib/tensor/random';
import { temporaryFolder } from '../support/temporaryFolder';

const similarity = (...args: string[]) =>
  spawnSync(
    process.execPath,
    [
      '--import',
      'tsx',
      'scripts/similarity.ts',
      'record',
      '--profile',
      'smoke',
      '--batches',
      '1',
      '--batch-size',
      '16',
      ...args,
    ],
    { encoding: 'utf8' },
  );

test('similarities of trained networks are recorded once, each with what makes it again', async (context) => {
  const out = path.join(await temporaryFolder(context), 'similarity', 'cka.jsonl');
  const args = ['--networks', 'vit_64,vit_64=data/weights/vit_64-by-ofa.safetensors', '--out', out];
  const { status, stdout, stderr } = similarity(...args, '--seeds', '0,1');
  assert.equal(status, 0, stderr);
  assert.match(stderr, /SYNTHETIC IMAGES/);
  assert.match(stdout, /vit_64 and vit_64, seed 1: mean CKA 0\.\d{3}, at equal depth 0\.\d{3}$/m);
  const records = await readSimilarities(out);
  assert.deepEqual(
    records.map(({ seed }) => seed),
    [0, 0, 0, 1, 1, 1],
  );
  const [own, cross] = records;
  assert.deepEqual(
    own!.values.map((row, i) => Math.abs(row[i]! - 1) < 1e-9),
    own!.rows.map(() => true),
  );
  assert.notEqual(cross!.a.weights!.sha256, cross!.b.weights!.sha256);
  assert.deepEqual([cross!.dataset, cross!.examples, cross!.batchSize], ['synthetic', 16, 16]);
  assert.equal(
    cross!.command,
    'npm run similarity -- record --networks vit_64,vit_64=data/weights/vit_64-by-ofa.safetensors ' +
      '--seeds 0,1 --batches 1 --batch-size 16 --profile smoke',
  );
  assert.equal(new Set(records.map(({ id }) => id)).size, 6);

  assert.match(similarity(...args, '--seeds', '1').stdout, /recorded already/);
  const turned = ['--networks', 'vit_64=data/weights/vit_64-by-ofa.safetensors,vit_64', '--out', out];
  assert.match(
    similarity(...turned, '--seeds', '1').stdout,
    /^(.*recorded already\)\n){3}$/,
    'in the other order it is the same pair',
  );
  assert.equal((await readSimilarities(out)).length, 6);
});

test('a network without trained weights is refused, and nothing is recorded', async (context) => {
  const out = path.join(await temporaryFolder(context), 'cka.jsonl');
  const { status, stderr } = similarity('--networks', 'vit_64,resnet_32', '--out', out);
  assert.equal(status, 1);
  assert.match(stderr, /no file for resnet_32/);
  assert.deepEqual(await readSimilarities(out), []);
});

const command = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'scripts/similarity.ts', ...args], { encoding: 'utf8' });

test('compares two networks once, and a second call adds what is missing', async (context) => {
  const out = await temporaryFolder(context);
  const settings = ['--images', '24', '--batch-size', '8', '--permutations', '19', '--out', out];
  const args = ['vit_64', 'mixer_64:fresh', '--data', 'synthetic', '--layers', 'blocks.1,blocks.0.mlp*', ...settings];
  const first = command(...args, '--measure', 'knn:3');
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stderr, /Without trained weights: mixer_64/);
  assert.match(first.stdout, /^Mutual kNN \(k = 3\), seed 0: mean 0\.\d{3} \(p = /m);
  const second = command(...args, '--measure', 'knn:3,minibatch-cka');
  assert.equal(second.status, 0, second.stderr);
  const records = await readCalibrated(path.join(out, 'similarity.jsonl'));
  assert.deepEqual(
    records.map(({ measure, rows, columns }) => [measure, rows, columns]),
    ['knn:3', 'minibatch-cka'].map((measure) => [
      measure,
      ['blocks.0.mlp', 'blocks.1'],
      ['blocks.0.mlp_tokens', 'blocks.0.mlp_channels', 'blocks.1'],
    ]),
  );
  assert.ok(records.every(({ a, b }) => a.weights && !b.weights));
  const csv = readFileSync(path.join(out, 'similarity.csv'), 'utf8').trimEnd().split('\n');
  assert.equal(csv.length, 1 + 2 * 2 * 3);
  const page = readFileSync(path.join(out, 'index.html'), 'utf8');
  assert.match(page, /<h2>Mutual kNN \(k = 3\)<\/h2>[^]*<h2>minibatch CKA<\/h2>/);
});

test('compares networks of the user with themselves and with those of the library', async (context) => {
  const out = await temporaryFolder(context);
  const own = ['--networks', path.join('test', 'models', 'own', 'convMixer.ts')];
  const settings = ['--data', 'synthetic', '--images', '24', '--batch-size', '8', '--permutations', '19', '--out', out];
  const layers = command('layers', 'convmixer_16', ...own);
  assert.match(layers.stdout, /^blocks\.0 \(block\)$/m);
  const weights = path.join(out, 'student.safetensors');
  const { networks } = await readNetworks(own[1]!);
  await saveWeights(networks[0]!.create({ classes: 100 }, new Random(7)), weights);

  const first = command(`convmixer_16:${weights}`, 'vit_64', ...own, ...settings, '--measure', 'minibatch-cka');
  assert.equal(first.status, 0, first.stderr);
  const [record] = await readCalibrated(path.join(out, 'similarity.jsonl'));
  assert.deepEqual(record!.rows, ['blocks.0', 'blocks.1', 'blocks.2', 'blocks.3']);
  assert.deepEqual(
    [record!.a.network, record!.a.family, record!.a.weights?.path],
    ['convmixer_16 (student)', 'cnn', weights],
  );
  assert.match(record!.command, / --networks test\/models\/own\/convMixer\.ts /);

  const missing = command('convmixer_16', 'vit_64', ...settings);
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /Unknown network "convmixer_16"\..* needs its file: --networks FILE\.\s*$/);
  const fresh = command('convmixer_16', 'convmixer_16:fresh', ...own, ...settings, '--measure', 'minibatch-cka');
  assert.equal(fresh.status, 0, fresh.stderr);
  assert.match(fresh.stderr, /Without trained weights: convmixer_16, convmixer_16/);
  assert.match(fresh.stderr, /Both have the same random weights/);
});

test('too little memory, too few images and unknown layers are refused', async (context) => {
  const out = await temporaryFolder(context);
  const base = ['vit_64', 'mixer_64', '--data', 'synthetic', '--out', out];
  const small = ['--images', '16', '--batch-size', '8'];
  for (const [args, message] of [
    [
      [...small, '--measure', 'knn', '--max-memory', '0.001'],
      /4 layers of vit_64 on 16 images take .* GB, more than the limit/,
    ],
    [[...small, '--measure', 'knn:16'], /k = 16 neighbours need more than 16 examples/],
    [[...small, '--layers', 'blocks.7'], /Unknown layer of vit_64 or mixer_64 "blocks\.7"/],
    [['--images', '3000'], /has 200 images, and 3000 were requested/],
    [['--images', '16', '--batch-size', '32'], /A batch of 32 images is more than the 16 images/],
  ] as const) {
    const { status, stderr } = command(...base, ...args);
    assert.equal(status, 1);
    assert.match(stderr, message);
  }
});

test('calibrated similarities of all pairs are recorded once, also with random weights', async (context) => {
  const out = path.join(await temporaryFolder(context), 'calibrated.jsonl');
  const args = [
    'calibrate',
    '--networks',
    'vit_64,mixer_64',
    '--profile',
    'smoke',
    '--images',
    '16',
    '--batch-size',
    '8',
  ];
  const all = [...args, '--permutations', '19', '--measure', 'cka,knn:3', '--seeds', '0,1', '--out', out];
  assert.equal(command(...all).status, 0);
  assert.equal(command(...all, '--random').status, 0);
  assert.equal(command(...all).status, 0);
  const records = await readCalibrated(out);
  assert.deepEqual(
    records.map(({ measure, seed, a }) => [measure, seed, a.weights !== undefined]),
    [true, false].flatMap((trained) => [0, 1].flatMap((seed) => ['cka', 'knn:3'].map((one) => [one, seed, trained]))),
  );
  assert.match(records.at(-1)!.command, /^npm run similarity -- calibrate .* --random --profile smoke$/);
});
