import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates } from '../../../lib/experiments/tuning/candidates';
import { tuning } from '../../../lib/experiments/tuning/tuning';
import { completeMethod } from '../../../lib/methods/methods';
import { completeRecipe } from '../../../lib/training/recipe/completeRecipe';

test('every method has the same number of candidates, all different, and its published default among them', () => {
  for (const [kind, list] of Object.entries(candidates)) {
    const settings = list.map(([, method]) => JSON.stringify(completeMethod(method)));
    assert.equal(new Set(settings).size, 8, kind);
    assert.equal(new Set(list.map(([name]) => name)).size, 8, kind);
    const standard = completeMethod({ kind });
    assert.ok(settings.includes(JSON.stringify(standard)), `${kind}: ${JSON.stringify(standard)}`);
  }
});

test('the rows of a search are rows of the experiment that differ in their method and their epochs only', () => {
  const rows = new Map(tuning.rows.laptop.map((row) => [row.name, row]));
  assert.equal(rows.size, tuning.rows.laptop.length);
  const searched = (tuning.searches ?? []).flatMap(({ rounds }) => rounds.flatMap((round) => round.rows));
  assert.deepEqual([...searched].sort(), [...rows.keys()].sort());
  for (const { name, rounds } of tuning.searches ?? []) {
    const shared = rounds
      .flatMap((round) => round.rows)
      .map((row) => {
        const { method, epochs, evaluateEvery, ...rest } = rows.get(row)!.recipe;
        assert.equal(evaluateEvery, epochs);
        return JSON.stringify([method?.kind, rest]);
      });
    assert.equal(new Set(shared).size, 1, name);
  }
});

test('a search is evaluated on held-out training images, never on the test images', () => {
  for (const { recipe } of tuning.rows.laptop) {
    const { data } = completeRecipe({ ...recipe, seed: 0 });
    assert.deepEqual(data, { name: 'cifar-100', trainImages: 25_000, heldOut: 5000 });
  }
});
