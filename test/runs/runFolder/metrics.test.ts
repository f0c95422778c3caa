import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { appendJsonLine } from '../../../lib/io/jsonLines';
import { readMetrics } from '../../../lib/runs/runFolder/metrics';
import { sampleEpoch } from '../../results/support';
import { temporaryFolder } from '../../support/temporaryFolder';

test('counts an epoch that was written twice once, with its last values', async (context) => {
  const folder = await temporaryFolder(context);
  const file = path.join(folder, 'metrics.jsonl');
  assert.deepEqual(await readMetrics(folder), []);
  for (const [epoch, top1] of [
    [1, 10],
    [2, 20],
    [2, 21],
    [3, 30],
  ] as const)
    await appendJsonLine(file, sampleEpoch(epoch, top1));
  assert.deepEqual(
    (await readMetrics(folder)).map(({ epoch, top1 }) => [epoch, top1]),
    [
      [1, 10],
      [2, 21],
      [3, 30],
    ],
  );
});
