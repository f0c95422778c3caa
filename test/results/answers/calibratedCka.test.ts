import assert from 'node:assert/strict';
import { test } from 'node:test';

import { calibratedAnswer, calibratedFamilies } from '../../../lib/results/answers/calibratedCka';
import {
  calibratedCells,
  calibratedRecord,
  type CalibratedRecord,
} from '../../../lib/results/records/calibratedRecord';

const sha256 = 'a'.repeat(64);

function record(a: string, b: string, score: number, seed: number, trained = true, above = 1): CalibratedRecord {
  const network = (name: string): CalibratedRecord['a'] => ({
    network: name,
    family: name.split('_')[0]!,
    ...(trained && { weights: { path: `${name}.safetensors`, sha256 } }),
  });
  return calibratedRecord.parse({
    id: `${a} ${b} ${seed} ${trained}`,
    a: network(a),
    b: network(b),
    dataset: 'cifar-100',
    measure: 'cka',
    title: 'CKA (unbiased)',
    rows: ['1'],
    columns: ['1', '2'],
    observed: [[score, null]],
    threshold: [[0.1, null]],
    p: [[0.005, null]],
    max: null,
    mean: null,
    likeDepth: { observed: score, score, above },
    permutations: 200,
    alpha: 0.05,
    examples: 512,
    batchSize: 64,
    seed,
    commit: 'abc',
    dirty: false,
    command: 'npm run similarity -- calibrate',
  });
}

const names = ['cnn_1', 'cnn_2', 'vit_1', 'vit_2', 'mlp_1', 'mlp_2'];

/** Every pair for three seeds, with a score within families and one across. */
function records(within: number, across: number, trained = true, above = 1): CalibratedRecord[] {
  return [0, 1, 2].flatMap((seed) =>
    names.flatMap((a, i) =>
      names.slice(i + 1).map((b) => {
        const same = a.split('_')[0] === b.split('_')[0];
        return record(a, b, (same ? within : across) + 0.001 * seed, seed, trained, above);
      }),
    ),
  );
}

test('a record has one cell for each pair of layers, null where undefined, with the calibrated score', () => {
  const [[cell, empty]] = calibratedCells(record('cnn_1', 'vit_1', 0.55, 0)) as [
    [{ observed: number; score: number }, null],
  ];
  assert.equal(cell.observed, 0.55);
  assert.ok(Math.abs(cell.score - 0.5) < 1e-12);
  assert.equal(empty, null);
});

test('trained networks come before random ones, each with means within and across families', () => {
  const rows = calibratedFamilies([...records(0.3, 0.2, false), ...records(0.8, 0.5)]);
  assert.deepEqual(
    rows.map(({ weights, judgement }) => [weights, judgement.verdict]),
    [
      ['trained', 'holds'],
      ['random', 'holds'],
    ],
  );
  assert.ok(Math.abs(rows[0]!.within.score - 0.801) < 1e-9 && Math.abs(rows[0]!.across.score - 0.501) < 1e-9);
  const answer = calibratedAnswer(rows);
  assert.match(
    answer,
    /at equal depth is higher within every family: 0\.80 within families and 0\.50 across them by CKA \(unbiased\)\./,
  );
  assert.match(answer, /families, 100 % of the layers are more similar than chance explains, so different/);
  assert.match(
    answer,
    /With random weights, the calibrated values are 0\.30 within and 0\.20 across families by CKA \(unbiased\)\.$/,
  );
});

test('a lower similarity within families refutes the claim, and families without similarity are called so', () => {
  const answer = calibratedAnswer(calibratedFamilies(records(0.2, 0.5, true, 0.1)));
  assert.match(answer, /is not higher within every family/);
  assert.match(answer, /10 % .* than chance explains\.$/);
});

test('without records, or with one family only, nothing is claimed', () => {
  assert.match(calibratedAnswer([]), /not recorded yet/);
  assert.deepEqual(calibratedFamilies([record('cnn_1', 'cnn_2', 0.5, 0)]), []);
});
