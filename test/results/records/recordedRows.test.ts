import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crossFamily } from '../../../lib/experiments/crossFamily';
import { experiments } from '../../../lib/experiments/experiments';
import { story } from '../../../lib/experiments/story';
import { weightClip } from '../../../lib/experiments/weightClip';
import {
  coverageText,
  gainOver,
  onSharedSeeds,
  recordedRows,
  recordsIn,
  rowOf,
} from '../../../lib/results/records/recordedRows';
import type { RunRecord } from '../../../lib/results/records/record';
import { plan } from '../../../lib/runs/job/job';
import { sampleRecord } from '../support';

const all = Object.values(experiments);

/** A record of each job of an experiment, with the recipe as a run completes it. */
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

test('each experiment’s own records fill each of its rows, all of its seeds', () => {
  for (const experiment of Object.values(experiments).filter(({ rows }) => rows.laptop.length > 0)) {
    for (const { row, runs, seeds } of recordedRows([experiment.name], all, recordsOf(experiment)))
      assert.deepEqual(
        runs.map(({ seed }) => seed),
        [...seeds],
        `${experiment.name} ${row}`,
      );
  }
});

test('runs count in every table that has their recipe, and nowhere else', () => {
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

test('a run recorded under one experiment counts in another that alone is asked for', () => {
  const underWeights = recordsOf(weightClip).filter(({ row }) => row.endsWith('weight-1-clip5'));
  const rows = recordedRows(['stages'], all, underWeights)
    .filter(({ runs }) => runs.length > 0)
    .map(({ row }) => row);
  assert.deepEqual(rows, ['resnet_24-vit_64-stages-1234', 'vit_96-resnet_16-stages-1234']);
});

test('a run whose recipe is no longer its row’s does not count, nor one on made-up images', () => {
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

test('a row is found by its networks and method, without a teacher for a student alone', () => {
  const rows = recordedRows(['cross-family'], all, []);
  assert.equal(rowOf(rows, 'resnet_24', 'vit_64', 'ofa')?.row, 'resnet_24-vit_64-ofa');
  assert.equal(rowOf(rows, 'resnet_24', 'vit_64', 'scratch')?.row, 'vit_64-scratch');
  assert.equal(rowOf(rows, 'resnet_24', 'vit_64', 'dkd'), undefined);
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

test('what is missing is told with the command that records it', () => {
  assert.equal(
    coverageText(recordedRows(['story'], all, [])),
    '0 of 3 runs are recorded; the others: npm run experiment -- run story --unrecorded',
  );
  assert.equal(coverageText(recordedRows(['story'], all, recordsOf(story))), '3 of 3 runs are recorded.');
  // Rows that two experiments share are counted once: the three students alone.
  assert.match(
    coverageText(recordedRows(['cross-family', 'like-family'], all, recordsOf(crossFamily))),
    /^63 of 72 runs are recorded; the others: npm run experiment -- run like-family --unrecorded$/,
  );
});

test('means that are compared are taken over the seeds that all recorded rows have', () => {
  const rows = recordedRows(
    ['cross-family'],
    all,
    recordsOf(crossFamily).filter(({ method, seed }) => method !== 'ofa' || seed > 0),
  );
  const [ofa, kd] = ['ofa', 'kd'].map((kind) => rowOf(onSharedSeeds(rows), 'resnet_24', 'vit_64', kind));
  assert.deepEqual(
    [ofa?.runs.map(({ seed }) => seed), kd?.runs.map(({ seed }) => seed)],
    [
      [1, 2],
      [1, 2],
    ],
  );
  assert.ok(onSharedSeeds(recordedRows(['cross-family'], all, [])).every(({ runs }) => runs.length === 0));
});

test('a gain is taken seed by seed', () => {
  const records = recordsOf(crossFamily).map((run) => ({
    ...run,
    top1: (run.method === 'ofa' ? 31 : 30) + 5 * run.seed,
  }));
  const rows = recordedRows(['cross-family'], all, records);
  const [ofa, kd] = ['ofa', 'kd'].map((kind) => rowOf(rows, 'resnet_24', 'vit_64', kind));
  assert.deepEqual(gainOver(ofa, kd), { value: 1, low: 1, high: 1, hollow: false });
  assert.deepEqual(gainOver(ofa, undefined), { value: null, low: null, high: null, hollow: true });
  assert.ok(gainOver({ ...ofa!, runs: ofa!.runs.slice(0, 1) }, kd).hollow);
});
