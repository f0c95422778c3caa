import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { parse } from 'papaparse';
import { z } from 'zod';

test('npm run -s claims prints a line of JSON for each of the eleven claims, from the records', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/launch.mjs', 'claims'], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => z.record(z.unknown()).parse(JSON.parse(line)));
  assert.deepEqual(
    lines.map(({ claim }) => claim),
    Array.from({ length: 11 }, (_, index) => index + 1),
  );
  for (const line of lines) {
    for (const key of ['claim', 'verdict', 'effect', 'low', 'high', 'seeds']) assert.ok(key in line, key);
    assert.ok(['holds', 'does not hold', 'undecided at this scale'].includes(String(line['verdict'])));
  }
});

test('npm run -s claims -- --csv prints the claims as a table that papaparse reads back', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/launch.mjs', 'claims', '--csv'], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const rows = z.object({ data: z.array(z.array(z.string())) }).parse(parse(stdout.trimEnd())).data;
  assert.equal(rows.length, 12);
  assert.ok(rows.every((row) => row.length === rows[0]!.length));
  assert.deepEqual(
    rows.slice(1).map(([claim]) => Number(claim)),
    Array.from({ length: 11 }, (_, index) => index + 1),
  );
});
