import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnreachableError } from '../../lib/io/http';
import { loadData } from '../../lib/runs/materials';
import { temporaryFolder } from '../support/temporaryFolder';

// A process of its own runs this file: its archive, if any, is nobody else's.
delete process.env['CIFAR100_ARCHIVE'];

test('made-up images stand in for CIFAR-100 where that is allowed, and say so; a recorded run is refused instead', async (context) => {
  const away = { folder: await temporaryFolder(context), offline: true };
  const wanted = { name: 'cifar-100', trainImages: 300 } as const;
  await assert.rejects(loadData(wanted, 32, away), UnreachableError);
  const { train, test: seen, notice } = await loadData(wanted, 32, { ...away, standIn: true });
  assert.match(notice!, /made up, not CIFAR-100.*could not be had/);
  assert.deepEqual([train.count, train.classes.length, seen.size], [300, 100, { height: 32, width: 32 }]);
  assert.match(train.name, /synthetic/);
});
