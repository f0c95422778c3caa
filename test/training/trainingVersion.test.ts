import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { trainingVersion } from '../../lib/training/trainingVersion';
import { measureSemantics } from './semantics';

const file = path.join('test', 'training', 'trainingVersion.json');
const stored = z.object({ version: z.number(), measured: z.record(z.array(z.number())) });

/** Rounding differs between processors; a change of training is much larger. */
const tolerance = 2e-3;

test('training computes what its version stands for', async () => {
  const measured = await measureSemantics();
  const { version, measured: expected } = stored.parse(JSON.parse(readFileSync(file, 'utf8')));
  if (version < trainingVersion) {
    writeFileSync(file, JSON.stringify({ version: trainingVersion, measured }, null, 2) + '\n');
    assert.fail(`${file} now holds the numbers of version ${trainingVersion}. Commit it, and run the test again.`);
  }
  assert.equal(version, trainingVersion);
  for (const [name, values] of Object.entries(measured)) {
    const others = expected[name];
    const remedy =
      'If that is intended, raise trainingVersion in lib/training/trainingVersion.ts, and run this test again.';
    assert(others, `${name} has no stored numbers. ${remedy}`);
    assert.equal(values.length, others.length, name);
    for (const [i, value] of values.entries()) {
      const difference = Math.abs(value - others[i]!);
      const limit = tolerance * Math.max(1e-3, Math.abs(others[i]!));
      assert(difference <= limit, `${name}: ${value} instead of ${others[i]}. Training has changed. ${remedy}`);
    }
  }
});
