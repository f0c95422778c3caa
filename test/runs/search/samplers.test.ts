import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../lib/errors';
import { optunaPython, optunaSampler } from '../../../lib/runs/search/optuna';
import { gridSampler, type Sampler, type Trial } from '../../../lib/runs/search/sampler';
import { successiveHalving } from '../../../lib/runs/search/successiveHalving';

/** All trials of a sampler if the accuracy depends only on the distance to `best`. */
async function played(sampler: Sampler, best = 1.3): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (let trial = await sampler.ask(); trial; trial = await sampler.ask()) {
    trials.push(trial);
    await sampler.tell(trial, 50 - Math.abs(trial.exponent - best));
  }
  sampler.close();
  return trials;
}

test('the grid proposes every value with every seed, one seed after the other', async () => {
  const trials = await played(gridSampler([1, 1.2], [0, 1], 3));
  assert.deepEqual(
    trials.map(({ exponent, seed, epochs }) => [exponent, seed, epochs]),
    [
      [1, 0, 3],
      [1.2, 0, 3],
      [1, 1, 3],
      [1.2, 1, 3],
    ],
  );
});

test('halving keeps the better half in each round and doubles the epochs', async () => {
  const trials = await played(successiveHalving({ low: 1, high: 1.7, candidates: 8, epochs: 4 }));
  const rounds = [1, 2, 4].map((epochs) =>
    trials.filter((trial) => trial.epochs === epochs).map(({ exponent }) => exponent),
  );
  assert.deepEqual(rounds, [
    [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7],
    [1.1, 1.2, 1.3, 1.4],
    [1.2, 1.3],
  ]);
  assert.equal(trials.length, 14);
});

test('halving rounds odd numbers up, and costs less than training all candidates to the end', async () => {
  const trials = await played(successiveHalving({ low: 1, high: 2, candidates: 5, epochs: 4 }), 2);
  assert.deepEqual(
    trials.slice(-2).map(({ exponent }) => exponent),
    [1.75, 2],
  );
  const cost = trials.reduce((sum, { epochs }) => sum + epochs, 0);
  assert.ok(cost < 5 * 4, `${cost} epochs`);
});

test('rejects invalid ranges and numbers of candidates', () => {
  assert.throws(() => successiveHalving({ low: 2, high: 1, candidates: 4, epochs: 4 }), UserError);
  assert.throws(() => successiveHalving({ low: 0, high: 1, candidates: 4, epochs: 4 }), UserError);
  assert.throws(() => successiveHalving({ low: 1, high: 2, candidates: 1, epochs: 4 }), /at least 2 candidates/);
});

const python = optunaPython();
test(
  'Optuna proposes values in the range, approaches the best one, and is deterministic',
  { skip: python === undefined && 'no Python with Optuna; set OFA_OPTUNA_PYTHON', timeout: 120_000 },
  async () => {
    const options = { low: 1, high: 2, trials: 40, epochs: 3, seed: 1, python: python! };
    const trials = await played(optunaSampler(options));
    assert.equal(trials.length, 40);
    assert.ok(trials.every(({ exponent, epochs }) => exponent >= 1 && exponent <= 2 && epochs === 3));
    const distance = (part: readonly Trial[]): number =>
      part.reduce((sum, { exponent }) => sum + Math.abs(exponent - 1.3), 0) / part.length;
    assert.ok(
      distance(trials.slice(-10)) < distance(trials.slice(0, 10)),
      'later proposals are closer to the best value',
    );
    assert.deepEqual(await played(optunaSampler(options)), trials);
  },
);

test('throws a UserError for a Python without Optuna', async () => {
  const sampler = optunaSampler({ low: 1, high: 2, trials: 1, epochs: 1, python: '/usr/bin/false' });
  await assert.rejects(sampler.ask(), UserError);
});
