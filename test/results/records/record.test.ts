import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';

import { parseRecord, readRecords } from '../../../lib/results/records/readRecords';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { identifiedRecord, sampleRecord } from '../support';

test('a record survives JSON unchanged', () => {
  assert.deepEqual(parseRecord(JSON.parse(JSON.stringify(sampleRecord()))), sampleRecord());
});

test('lists every invalid field of a record', () => {
  const record = { ...sampleRecord(), top1: 101, threads: 0, machine: { cores: 2 }, unknownKey: 1 };
  assert.throws(() => parseRecord(record), /machine\.processor.*threads.*top1.*unknownKey|top1.*unknownKey/s);
  assert.throws(() => parseRecord({ ...sampleRecord(), history: [{ epoch: 1 }] }), /history\.0\.loss/);
});

test('reads a folder in order, and only the last of two records of one run', async (context) => {
  const folder = await temporaryFolder(context);
  const [a, b] = [identifiedRecord(), identifiedRecord({ seed: 1 })];
  await writeFile(path.join(folder, '2.jsonl'), `${JSON.stringify({ ...a, seconds: 60 })}\n`);
  await writeFile(path.join(folder, '1.jsonl'), `${JSON.stringify(a)}\n${JSON.stringify(b)}\n`);
  await writeFile(path.join(folder, 'README.md'), 'not a record');
  const records = await readRecords(folder);
  assert.deepEqual(
    records.map(({ id, seconds }) => [id, seconds]),
    [
      [a.id, 60],
      [b.id, b.seconds],
    ],
  );
});

test('names file and line of an invalid record, and a missing folder', async (context) => {
  const folder = await temporaryFolder(context);
  const file = path.join(folder, 'runs.jsonl');
  await writeFile(
    file,
    `${JSON.stringify(identifiedRecord())}\n${JSON.stringify({ ...identifiedRecord(), seed: 'one' })}\n`,
  );
  await rejectsWith(readRecords(folder), 'runs.jsonl', 'line 2', 'seed');
  await rejectsWith(readRecords(path.join(folder, 'nowhere')), 'nowhere');
  await mkdir(path.join(folder, 'empty'));
  assert.deepEqual(await readRecords(path.join(folder, 'empty')), []);
});
