import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { readSimilarities } from '../../lib/results/records/similarityRecord';
import { temporaryFolder } from '../support/temporaryFolder';

const similarity = (...args: string[]) =>
  spawnSync(
    process.execPath,
    ['--import', 'tsx', 'scripts/similarity.ts', '--profile', 'smoke', '--batches', '1', '--batch-size', '16', ...args],
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
    'npm run similarity -- --networks vit_64,vit_64=data/weights/vit_64-by-ofa.safetensors ' +
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
