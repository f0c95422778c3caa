import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../lib/errors';
import type { TunedMethod } from '../../../lib/experiments/tuning/candidates';
import { candidateNamed, chosen, tunedComparison, type Chosen } from '../../../lib/experiments/tuning/tuned';
import { tuning } from '../../../lib/experiments/tuning/tuning';
import { recordsIn } from '../../../lib/results/records/readRecords';
import { searchState } from '../../../lib/runs/search/rounds';
import { trainingVersion } from '../../../lib/training/trainingVersion';

test('the chosen settings are the results of the recorded searches, and name the runs that decided', async () => {
  const records = (await recordsIn('data/results')).filter(
    (record) => record.experiment === 'tuning' && record.trainingVersion === trainingVersion,
  );
  const byRow = new Map(records.map((record) => [record.row, record]));
  const found = (tuning.searches ?? []).flatMap((search): Chosen[] => {
    const { best } = searchState(search, (row) => byRow.get(row)?.top1);
    if (best === undefined) return [];
    const [teacher, student, method] = search.name.split('-');
    const candidate = best.slice(search.name.length + 1).replace(/-epochs-\d+$/, '');
    return [{ pair: `${teacher}-${student}`, method: method as TunedMethod, candidate, trial: byRow.get(best)!.id }];
  });
  assert.deepEqual(chosen, found);
});

test('the rows with tuned settings have the methods of the candidates', () => {
  assert.deepEqual(candidateNamed('kd', 'temperature-2-weight-4'), { kind: 'kd', temperature: 2, weight: 4 });
  for (const { pair, method } of chosen) {
    const row = tunedComparison.rows.laptop.find(({ name }) => name === `${pair}-${method}`);
    assert.equal(row?.recipe.method?.kind, method);
  }
});

test('an unknown candidate names the nearest ones', () => {
  assert.throws(() => candidateNamed('kd', 'temperature-2-weight-3'), UserError);
});
