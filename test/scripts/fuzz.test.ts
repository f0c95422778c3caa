import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Random } from '../../lib/tensor/random';
import { supervise } from '../../scripts/fuzz/supervise';
import { temporaryFolder } from '../support/temporaryFolder';

const trial = { seed: 10, from: 0 };

/** The expected outcome of each behaviour of the bad reader. */
const outcomes: readonly RegExp[] = [
  /^value$/,
  /^user error$/,
  /^not a UserError: TypeError: oh/,
  /^an error without its place: somewhere/,
  /^an error of 50\d\d characters/,
  /^it used \d+\.\d MB of memory for an input of 0\.0 MB$/,
  /^it wrote stray$/,
  /^the process ended \(SIGSEGV\)/,
  /^no end within 20 s$/,
];

test('reports every failure of a faulty reader with its input and continues with the next one', async (context) => {
  const failureFolder = path.join(await temporaryFolder(context), 'kept');
  const { values, userErrors, failures } = await supervise({
    ...trial,
    name: 'bad',
    end: 24,
    failureFolder,
    timeout: 20,
  });
  const behaviours = Array.from({ length: 24 }, (_, at) =>
    new Random(trial.seed).fork('bad').fork(at).integer(outcomes.length),
  );
  assert.equal(new Set(behaviours).size, outcomes.length, 'the seed covers every behaviour');
  const reasons = new Map(failures.map(({ at, reason }) => [at, reason]));
  behaviours.forEach((behaviour, at) =>
    assert.match(reasons.get(at) ?? (behaviour === 0 ? 'value' : 'user error'), outcomes[behaviour]!, `input ${at}`),
  );
  assert.deepEqual(
    [values, userErrors],
    [0, 1].map((expected) => behaviours.filter((behaviour) => behaviour === expected).length),
  );
  assert.equal(readdirSync(failureFolder).length, failures.length);
});

// The command tests all targets with many more inputs.
test('equal seeds give equal inputs, which result in values and user errors', async (context) => {
  const failureFolder = path.join(await temporaryFolder(context), 'kept');
  const [one, two] = await Promise.all(
    [0, 1].map(() => supervise({ ...trial, name: 'safetensors', end: 200, failureFolder, timeout: 60 })),
  );
  assert.deepEqual(one!.failures, []);
  assert.ok(
    one!.values > 0 && one!.userErrors > 0 && one!.values + one!.userErrors === 200,
    `${one!.values} values, ${one!.userErrors} user errors`,
  );
  assert.deepEqual([two!.values, two!.userErrors], [one!.values, one!.userErrors]);
  assert.equal(existsSync(failureFolder), false);
});
