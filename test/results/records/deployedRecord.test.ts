import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { withChecksum } from '../../../lib/results/records/checksum';
import { deployedRecord, readDeployed, type DeployedRecord } from '../../../lib/results/records/deployedRecord';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { sampleDeployed } from '../support';

const lines = (records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(withChecksum(record))}\n`).join('');

test('of equal students and precisions, the last record counts', async (context) => {
  const file = path.join(await temporaryFolder(context), 'measured.jsonl');
  const records: DeployedRecord[] = [
    sampleDeployed({ top1: 1 }),
    sampleDeployed({ precision: 'int8', top1: 2 }),
    sampleDeployed({ student: 'vit_64', top1: 3 }),
    sampleDeployed({ top1: 4 }),
  ];
  await writeFile(file, lines(records));
  assert.deepEqual(
    (await readDeployed(file)).map(({ student, precision, top1 }) => [student, precision, top1]),
    [
      ['vit_64-by-kd', 'float32', 4],
      ['vit_64-by-kd', 'int8', 2],
      ['vit_64', 'float32', 3],
    ],
  );
});

test('a missing file has no records, and a line with a wrong value is named', async (context) => {
  const folder = await temporaryFolder(context);
  assert.deepEqual(await readDeployed(path.join(folder, 'missing.jsonl')), []);
  const file = path.join(folder, 'measured.jsonl');
  await writeFile(file, lines([sampleDeployed(), { ...sampleDeployed(), precision: 'float16' }]));
  await rejectsWith(readDeployed(file), 'measured.jsonl', '2', 'precision');
});

test('the committed records are complete: each student in both precisions, with its command', async () => {
  const records = await readDeployed();
  assert.ok(records.length >= 12);
  for (const record of records) {
    assert.deepEqual(deployedRecord.parse(record), record);
    assert.equal(record.command, `npm run export -- ${record.weights.path} --record`);
    assert.equal(records.filter(({ student }) => student === record.student).length, 2);
  }
});
