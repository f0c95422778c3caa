import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { contentId } from '../../../lib/io/contentId';
import { checkedFields, withChecksum } from '../../../lib/results/records/checksum';
import { readRecords } from '../../../lib/results/records/readRecords';
import { calibratedRecord, readCalibrated } from '../../../lib/results/records/calibratedRecord';
import { readDeployed } from '../../../lib/results/records/deployedRecord';
import { readSimilarities, similarityRecord } from '../../../lib/results/records/similarityRecord';
import { checkIdentity } from '../../../lib/results/records/identity';
import type { RunRecord } from '../../../lib/results/records/record';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { identifiedRecord, sampleEpoch } from '../support';

test('the id does not depend on the order of the keys, and not on keys without a value', () => {
  assert.equal(contentId({ a: 1, b: { c: [1, 2] } }), contentId({ b: { d: undefined, c: [1, 2] }, a: 1 }));
  for (const other of [{ a: 1, b: { c: [2, 1] } }, { a: 1 }, { a: '1', b: { c: [1, 2] } }, null])
    assert.notEqual(contentId(other), contentId({ a: 1, b: { c: [1, 2] } }));
});

test('every record of the project has the identity of its recipe', async () => {
  assert.ok((await readRecords(path.join('data', 'results'))).length > 100);
  assert.ok((await readSimilarities()).length > 50);
});

describe('refuses a record that was changed, or copied under another id or seed', () => {
  const good = identifiedRecord();
  const cases: readonly (readonly [Partial<RunRecord>, RegExp])[] = [
    [{ id: 'abcdef012345' }, /id: is abcdef012345, and its recipe has the id [\da-f]{12}/],
    [{ seed: 1 }, /seed: is 1, and its recipe has 0/],
    [{ student: 'resnet_16' }, /student: is resnet_16, and its recipe has vit_128/],
    [{ method: 'kd' }, /method: is kd, and its recipe has ofa/],
    [{ teacher: 'resnet_24' }, /teacher: is resnet_24, and its recipe has resnet_16/],
    [{ teacher: null }, /teacher: is null, and its recipe has resnet_16/],
    [{ dataset: 'synthetic' }, /dataset: is synthetic, and its recipe has cifar-100/],
    [{ images: 50_000 }, /images: is 50000, and its recipe has 25000/],
    [{ epochs: 3 }, /epochs: is 3, and its recipe has 2; history: ends at epoch 2 of 3/],
    [{ recipe: { ...good.recipe, learningRate: 1 } }, /id: is/],
    [{ recipe: {} }, /recipe: is not complete/],
    [{ top1: 99 }, /top1: is 99, and its history ends with 28\.6/],
    [{ top5: 99 }, /top5: is 99, and its history ends with 50/],
    [{ bestTop1: 99 }, /bestTop1: is 99, and the best of its history is 28\.6/],
    [{ history: [sampleEpoch(1, 20)] }, /history: ends at epoch 1 of 2/],
    [{ history: [sampleEpoch(2, 28.6)] }, /history: has epoch 2 in place of epoch 1/],
    [{ history: [1, 1, 2].map((epoch) => sampleEpoch(epoch, 28.6)) }, /history: has epoch 1 in place of epoch 2/],
    [{ history: [] }, /history: ends at epoch 0 of 2/],
  ];
  test('the record itself is accepted', () => assert.equal(checkIdentity(good), good));
  test('the name of several teachers, and that of a folder, are accepted', () => {
    const teacher = { model: 'resnet_16', others: [{ model: 'vit_64' }] };
    const recipe = { ...good.recipe, teacher, data: { name: 'folder', path: '/data/birds' } };
    checkIdentity({ ...good, teacher: 'resnet_16 + vit_64', dataset: 'birds', recipe, id: contentId(recipe) });
  });
  for (const [change, words] of cases) {
    test(JSON.stringify(change).slice(0, 60), () => assert.throws(() => checkIdentity({ ...good, ...change }), words));
  }
});

test('names file, line and remedy of a changed and of a truncated record', async (context) => {
  const file = path.join(await temporaryFolder(context), 'runs.jsonl');
  const [first, second] = [identifiedRecord(), identifiedRecord({ seed: 1 })].map((record) => JSON.stringify(record));
  await writeFile(file, `${first}\n${second}\n`);
  assert.equal((await readRecords(file)).length, 2);
  await writeFile(file, `${first}\n${first!.replace('"seed":0', '"seed":7')}\n`);
  await rejectsWith(readRecords(file), `${file}, line 2 is invalid`, 'and its recipe has 7', 'git checkout');
  await writeFile(file, `${first!.replace(/"seconds":[\d.]+/, '"seconds":1e400')}\n`);
  await rejectsWith(readRecords(file), `${file}, line 1 is invalid: a number is too large`, 'git checkout');
  for (const cut of [1, 100, second!.length - 1]) {
    await writeFile(file, `${first}\n${second!.slice(0, cut)}`);
    await rejectsWith(readRecords(file), `${file}, line 2 is invalid: the file ends within`, 'git checkout');
  }
});

test('refuses a similarity under another id, or without all its values', async (context) => {
  const file = path.join(await temporaryFolder(context), 'cka.jsonl');
  const [line = ''] = (await readFile(path.join('data', 'results', 'similarity', 'cka.jsonl'), 'utf8')).split('\n');
  const record = similarityRecord.parse(checkedFields(JSON.parse(line)));
  await writeFile(file, `${line}\n`);
  assert.equal((await readSimilarities(file)).length, 1);
  for (const change of [{ seed: record.seed + 1 }, { id: 'abcdef012345' }, { dataset: 'synthetic' }]) {
    await writeFile(file, `${line}\n${JSON.stringify(withChecksum({ ...record, ...change }))}\n`);
    await rejectsWith(readSimilarities(file), `${file}, line 2`, 'under another id');
  }
  await writeFile(file, `${JSON.stringify(withChecksum({ ...record, values: record.values.slice(1) }))}\n`);
  await rejectsWith(readSimilarities(file), 'line 1', 'is not a matrix');
  await writeFile(file, line.slice(0, 300));
  await rejectsWith(readSimilarities(file), 'line 1', 'ends within');
});

test('refuses two calibrated similarities under one id, and one without all its values', async (context) => {
  const file = path.join(await temporaryFolder(context), 'calibrated.jsonl');
  const recorded = path.join('data', 'results', 'similarity', 'calibrated.jsonl');
  const [line = ''] = (await readFile(recorded, 'utf8')).split('\n');
  const record = calibratedRecord.parse(checkedFields(JSON.parse(line)));
  await writeFile(file, `${line}\n${line}\n`);
  assert.equal((await readCalibrated(file)).length, 1);
  for (const change of [{ seed: record.seed + 1 }, { measure: 'rsa' }, { a: record.b }, { permutations: 9 }]) {
    await writeFile(file, `${line}\n${JSON.stringify(withChecksum({ ...record, ...change }))}\n`);
    await rejectsWith(readCalibrated(file), `${file}, line 2`, `an earlier line has the id ${record.id}`);
  }
  for (const field of ['observed', 'threshold', 'p'] as const) {
    await writeFile(file, `${JSON.stringify(withChecksum({ ...record, [field]: record[field].slice(1) }))}\n`);
    await rejectsWith(readCalibrated(file), 'line 1', `${field}: is not a matrix`);
  }
});

describe('refuses a lone line of which any number was changed', () => {
  for (const [name, read] of [
    ['similarity/cka', readSimilarities],
    ['similarity/calibrated', readCalibrated],
    ['export/measured', readDeployed],
  ] as const) {
    test(name, async (context) => {
      const file = path.join(await temporaryFolder(context), 'one.jsonl');
      const [line = ''] = (await readFile(path.join('data', 'results', `${name}.jsonl`), 'utf8')).split('\n');
      await writeFile(file, `${line}\n`);
      assert.equal((await read(file)).length, 1);
      const positions = [...line.matchAll(/[:[,]-?\d+\.?\d*(?=[\],}])/g)].map(
        ({ index = 0, 0: text }) => index + text.length - 1,
      );
      assert.ok(positions.length > 2);
      for (const at of positions) {
        const digit = line[at] === '1' ? '2' : '1';
        await writeFile(file, `${line.slice(0, at)}${digit}${line.slice(at + 1)}\n`);
        await rejectsWith(read(file), `${file}, line 1 is invalid`);
      }
      await writeFile(file, `${line.replace(/,"checksum":"\w+"/, '')}\n`);
      await rejectsWith(
        read(file),
        `${file}, line 1 is invalid`,
        'checksum: missing, as in records of earlier versions',
      );
    });
  }
});
