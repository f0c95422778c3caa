import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../lib/errors';
import * as tf from '../lib/tensor/engine/tf';
import { checkFile, referenceFiles } from '../scripts/parity/files';

const reference = process.env['OFA_REFERENCE'];
const skip = reference === undefined && 'set OFA_REFERENCE to a folder of reference files to compare with them';

for (const file of reference === undefined ? ['reference files'] : referenceFiles([reference])) {
  test(`matches ${path.basename(file)}`, { skip }, () => {
    const before = tf.memory().numTensors;
    const checks = checkFile(file);
    assert.deepEqual(
      checks.filter(({ error }) => error !== undefined),
      [],
    );
    assert.equal(tf.memory().numTensors, before, 'no tensor is left behind');
  });
}

const folder = mkdtempSync(path.join(tmpdir(), 'parity-'));
after(() => rmSync(folder, { recursive: true }));

function written(name: string, content: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

test('rejects a file that is not a reference file', () => {
  assert.throws(() => checkFile(written('cut.json', '{"cases": [')), UserError);
  assert.throws(() => checkFile(written('foreign.json', '{"name": "x"}')), /is not a reference file/);
  assert.throws(() => checkFile(written('half.json', '{"cases": [{"loss": "kd"}]}')), /is not a valid reference file/);
  assert.throws(() => referenceFiles([path.join(folder, 'absent')]), /Cannot read .*absent/);
});

test('reads the .json files of a folder, and rejects an empty folder', () => {
  assert.ok(referenceFiles([folder]).includes(path.join(folder, 'cut.json')));
  const empty = mkdtempSync(path.join(folder, 'empty-'));
  assert.throws(() => referenceFiles([empty]), /contains no \.json files/);
});

test('an unknown network is a failed check and does not end the comparison', () => {
  const digest = { shape: [1, 2], mean: 0, rms: 1, probe: 0, first: [0, 0] };
  const model = {
    model: 'resnet19',
    num_classes: 2,
    input: { name: 'image', scale: 1, shape_nhwc: [1, 32, 32, 3] },
    parameters: 1,
    state: [],
    logits: digest,
    stages: { 1: digest, 2: digest, 3: digest, 4: digest },
    pooled: digest,
  };
  const [check, ...others] = checkFile(written('model.json', JSON.stringify(model)));
  assert.match(check?.error ?? '', /Unknown network "resnet19"/);
  assert.equal(others.length, 0);
});

test('finds a wrong value and a wrong cell', () => {
  const kd = {
    loss: 'kd',
    temperature: 1,
    value: 1,
    gradient: { shape: [2, 3], mean: 0, rms: 1, probe: 1, first: [0, 0, 0, 0, 0, 0] },
  };
  const losses = {
    prefix: '',
    batch: 2,
    classes: 3,
    feature_student: 4,
    feature_teacher: 4,
    inputs: { logits_student: 1, logits_teacher: 1 },
    labels: [0, 2],
    cases: [kd],
  };
  assert.equal(
    checkFile(written('losses.json', JSON.stringify(losses))).filter(({ error }) => error !== undefined).length,
    2,
  );
  const cka = {
    prefix: '',
    examples: 8,
    batch: 4,
    dims: { a: [3], b: [3] },
    linear_full_batch: [[2]],
    minibatch_unbiased: [[2]],
    minibatch_self: [[1]],
  };
  const faults = checkFile(written('cka.json', JSON.stringify(cka))).map(({ error }) => error !== undefined);
  assert.deepEqual(faults, [true, true, false]);
});
