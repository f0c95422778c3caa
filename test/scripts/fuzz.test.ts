import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Random } from '../../lib/tensor/random';
import { supervise } from '../../scripts/fuzz/supervise';
import { temporaryFolder } from '../support/temporaryFolder';

const trial = { seed: 10, from: 0 };

/** What each way of the bad reader is told as, in their order. */
const ends: readonly RegExp[] = [
  /^value$/,
  /^error$/,
  /^not an error of ours: TypeError: oh/,
  /^an error that does not say where: somewhere/,
  /^an error of 50\d\d letters/,
  /^it took \d+\.\d MB of memory for an input of 0\.0 MB$/,
  /^it wrote stray$/,
  /^the process ended \(SIGSEGV\)/,
  /^no end within 20 s$/,
];

test('every fault of a bad reader is told with its input, and what comes after is tried all the same', async (context) => {
  const keep = path.join(await temporaryFolder(context), 'kept');
  const { values, errors, faults } = await supervise({ ...trial, name: 'bad', end: 24, keep, patience: 20 });
  const ways = Array.from({ length: 24 }, (_, at) => new Random(trial.seed).fork('bad').fork(at).integer(ends.length));
  assert.equal(new Set(ways).size, ends.length, 'the seed meets every way');
  const told = new Map(faults.map(({ at, reason }) => [at, reason]));
  ways.forEach((way, at) => assert.match(told.get(at) ?? (way === 0 ? 'value' : 'error'), ends[way]!, `input ${at}`));
  assert.deepEqual(
    [values, errors],
    [0, 1].map((wanted) => ways.filter((way) => way === wanted).length),
  );
  assert.equal(readdirSync(keep).length, faults.length);
});

// All of them, at many inputs, are the command's work.
test('equal seeds give equal inputs, and what is sound ends in values, what is not in errors of ours', async (context) => {
  const keep = path.join(await temporaryFolder(context), 'kept');
  const [one, two] = await Promise.all(
    [0, 1].map(() => supervise({ ...trial, name: 'safetensors', end: 200, keep, patience: 60 })),
  );
  assert.deepEqual(one!.faults, []);
  assert.ok(
    one!.values > 0 && one!.errors > 0 && one!.values + one!.errors === 200,
    `${one!.values} values, ${one!.errors} errors`,
  );
  assert.deepEqual([two!.values, two!.errors], [one!.values, one!.errors]);
  assert.equal(existsSync(keep), false);
});
