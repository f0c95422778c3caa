import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crossFamily } from '../../../lib/experiments/comparisons/crossFamily';
import { experiments } from '../../../lib/experiments/experiments';
import { story } from '../../../lib/experiments/comparisons/story';
import { weightClip } from '../../../lib/experiments/ablations/weightClip';
import {
  coverageText,
  findRow,
  gainOver,
  gainSeries,
  onSharedSeeds,
  pairsOf,
  pairText,
  recordedRows,
  rowsOfColumns,
} from '../../../lib/results/tables/recordedRows';
import { recordsIn } from '../../../lib/results/records/readRecords';
import type { RunRecord } from '../../../lib/results/records/record';
import { plan } from '../../../lib/runs/plan/plan';
import { sampleRecord } from '../support';

const all = Object.values(experiments);
const pair = { teacher: 'resnet_24', student: 'vit_64' };

/** A record for each job of an experiment, with its completed recipe. */
function recordsOf(experiment: typeof story, changes: Partial<RunRecord> = {}): RunRecord[] {
  return plan(experiment, 'laptop').map(({ id, row, recipe }) =>
    sampleRecord({
      id,
      experiment: experiment.name,
      row,
      method: recipe.method.kind,
      recipe,
      seed: recipe.seed,
      ...changes,
    }),
  );
}

test('the records of an experiment fill all of its rows and seeds', () => {
  for (const experiment of Object.values(experiments).filter(({ rows }) => rows.laptop.length > 0)) {
    for (const { row, runs, seeds } of recordedRows([experiment.name], all, recordsOf(experiment)))
      assert.deepEqual(
        runs.map(({ seed }) => seed),
        [...seeds],
        `${experiment.name} ${row}`,
      );
  }
});

test('runs count in every table with their recipe, and in no other', () => {
  const found = recordedRows(['story', 'cross-family', 'epsilon', 'stages', 'weight-clip'], all, recordsOf(story))
    .filter(({ runs }) => runs.length > 0)
    .map(({ experiment, row }) => `${experiment} ${row}`);
  assert.deepEqual(found, [
    'story scratch',
    'story kd',
    'story ofa',
    'cross-family vit_64-scratch',
    'cross-family resnet_24-vit_64-kd',
    'cross-family resnet_24-vit_64-ofa',
    'epsilon ofa-1.2',
    'stages resnet_24-vit_64-stages-1234',
    'weight-clip resnet_24-vit_64-weight-1-clip5',
  ]);
});

test('a run recorded under one experiment counts in another with the same recipe', () => {
  const underWeights = recordsOf(weightClip).filter(({ row }) => row.endsWith('weight-1-clip5'));
  const rows = recordedRows(['stages'], all, underWeights)
    .filter(({ runs }) => runs.length > 0)
    .map(({ row }) => row);
  assert.deepEqual(rows, ['resnet_24-vit_64-stages-1234', 'vit_96-resnet_16-stages-1234']);
});

test('ignores runs whose recipe differs from that of their row, and runs on synthetic images', () => {
  const [record] = recordsOf(story);
  const counted = (run: RunRecord): number => recordedRows(['story'], all, [run]).flatMap(({ runs }) => runs).length;
  assert.equal(counted(record!), 1);
  assert.equal(counted({ ...record!, recipe: { ...record!.recipe, epochs: 99 } }), 0);
  assert.equal(counted({ ...record!, profile: 'smoke' }), 0);
  const unclipped = recordsOf(weightClip).find(({ row }) => row.endsWith('unclipped'))!;
  assert.equal(recordedRows(['weight-clip'], all, [unclipped]).filter(({ runs }) => runs.length > 0).length, 1);
  assert.equal(
    recordedRows(['weight-clip'], all, [{ ...unclipped, recipe: { ...unclipped.recipe, clipNorm: 5 } }]).filter(
      ({ runs }) => runs.length > 0,
    ).length,
    0,
  );
});

test('finds a row by its networks and method; a student from scratch has no teacher', () => {
  const rows = recordedRows(['cross-family'], all, []);
  assert.equal(findRow(rows, pair, 'ofa')?.row, 'resnet_24-vit_64-ofa');
  assert.equal(findRow(rows, pair, 'scratch')?.row, 'vit_64-scratch');
  assert.equal(findRow(rows, pair, 'dkd'), undefined);
});

test('selects the rows of the methods that have a column', () => {
  const rows = recordedRows(['cross-family', 'methods'], all, []);
  const selected = rowsOfColumns(rows, { KD: 'kd', 'KD, standardised': 'kd-standardised' });
  assert.ok(selected.length > 0 && selected.every(({ recipe: { method } }) => method?.kind === 'kd'));
  assert.deepEqual(
    rowsOfColumns(rows, { 'KD, standardised': 'kd-standardised' }).map(({ row }) => row),
    rows.filter(({ row }) => row.endsWith('-kd-standardised')).map(({ row }) => row),
  );
});

test('every record of this repository belongs to a row', async () => {
  const records = (await recordsIn('data/results')).filter(
    ({ profile, experiment }) => profile === 'laptop' && experiment in experiments,
  );
  const counted = new Set(
    recordedRows(Object.keys(experiments), all, records).flatMap(({ runs }) => runs.map(({ id }) => id)),
  );
  assert.deepEqual(
    records.filter(({ id }) => !counted.has(id)).map(({ experiment, row }) => `${experiment} ${row}`),
    [],
  );
  assert.deepEqual(await recordsIn('no/such/folder'), []);
});

test('coverage names the command that runs the missing runs', () => {
  assert.equal(
    coverageText(recordedRows(['story'], all, [])),
    '0 of 3 runs are recorded. Run the others with: npm run experiment -- run story --unrecorded',
  );
  assert.equal(coverageText(recordedRows(['story'], all, recordsOf(story))), '3 of 3 runs are recorded.');
  // The three students from scratch belong to both experiments and count once.
  assert.match(
    coverageText(recordedRows(['cross-family', 'like-family'], all, recordsOf(crossFamily))),
    /^63 of 72 runs are recorded\. Run the others with: npm run experiment -- run like-family --unrecorded$/,
  );
});

test('onSharedSeeds keeps the seeds that all recorded rows have', () => {
  const rows = recordedRows(
    ['cross-family'],
    all,
    recordsOf(crossFamily).filter(({ method, seed }) => method !== 'ofa' || seed > 0),
  );
  const [ofa, kd] = ['ofa', 'kd'].map((kind) => findRow(onSharedSeeds(rows), pair, kind));
  assert.deepEqual(
    [ofa?.runs.map(({ seed }) => seed), kd?.runs.map(({ seed }) => seed)],
    [
      [1, 2],
      [1, 2],
    ],
  );
  assert.ok(onSharedSeeds(recordedRows(['cross-family'], all, [])).every(({ runs }) => runs.length === 0));
});

test('a gain is paired by seed', () => {
  const records = recordsOf(crossFamily).map((run) => ({
    ...run,
    top1: (run.method === 'ofa' ? 31 : 30) + 5 * run.seed,
  }));
  const rows = recordedRows(['cross-family'], all, records);
  const [ofa, kd] = ['ofa', 'kd'].map((kind) => findRow(rows, pair, kind));
  assert.deepEqual(gainOver(ofa, kd), { value: 1, low: 1, high: 1, hollow: false });
  assert.deepEqual(gainOver(ofa, undefined), { value: null, low: null, high: null, hollow: true });
  assert.ok(gainOver({ ...ofa!, runs: ofa!.runs.slice(0, 1) }, kd).hollow);
});

test('the pairs of rows occur once each, and series of gains leave out methods without records', () => {
  const rows = recordedRows(
    ['cross-family'],
    all,
    recordsOf(crossFamily).filter(({ method }) => method !== 'rsd'),
  );
  const pairs = pairsOf(rows);
  assert.deepEqual([pairs.length, new Set(pairs.map(pairText)).size], [6, 6]);
  assert.ok(pairs.map(pairText).includes('resnet_24 → vit_64'));
  const series = gainSeries(rows, pairs, ['ofa', 'kd', 'rsd']);
  assert.deepEqual(
    series.map(({ name, effects }) => [name, effects.length, effects[0]?.value]),
    [
      ['OFA', 6, 0],
      ['KD', 6, 0],
    ],
  );
  assert.deepEqual(
    gainSeries(rows, pairs, ['kd'], { over: 'ofa' }).map(({ name }) => name),
    ['KD − OFA'],
  );
});
