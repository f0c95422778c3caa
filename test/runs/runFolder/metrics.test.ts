import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { appendJsonLine } from '../../../lib/io/jsonLines';
import { finishedEpochs } from '../../../lib/runs/runFolder/metrics';
import { sampleEpoch } from '../../results/support';
import { temporaryFolder } from '../../support/temporaryFolder';

test('an epoch that was written twice counts once, as it was written last', async (context) => {
  const file = path.join(await temporaryFolder(context), 'metrics.jsonl');
  assert.deepEqual(await finishedEpochs(file), []);
  for (const [epoch, top1] of [
    [1, 10],
    [2, 20],
    [2, 21],
    [3, 30],
  ] as const)
    await appendJsonLine(file, sampleEpoch(epoch, top1));
  assert.deepEqual(
    (await finishedEpochs(file)).map(({ epoch, top1 }) => [epoch, top1]),
    [
      [1, 10],
      [2, 21],
      [3, 30],
    ],
  );
});
