import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runGrid, type Outcome } from '../../../lib/runs/schedulers/grid';
import { slotEnvironment } from '../../../lib/runs/schedulers/slots';
import { jobsOf, tiny } from '../example';

const taught = (name: string, place: string) => ({
  name,
  recipe: { ...tiny.recipe, method: { kind: 'kd' } as const, teacher: { model: 'mixer_64', weights: place } },
});
const jobs = jobsOf([
  taught('student', 'good'),
  taught('orphan', 'bad'),
  { ...tiny, name: 'teacher', publishes: 'good' },
  { name: 'bad teacher', recipe: { ...tiny.recipe, epochs: 3 }, publishes: 'bad' },
  { name: 'other', recipe: { ...tiny.recipe, epochs: 4 } },
]);

test('jobs run side by side and no more than the slots, each in a slot of its own, students after teachers, and not after one that failed', async () => {
  const running = new Set<number>();
  const began: string[] = [];
  let most = 0;
  const outcomes = await runGrid(jobs, {
    slots: 2,
    execute: async ({ row }, slot): Promise<Outcome> => {
      assert.ok(!running.has(slot) && slot < 2);
      running.add(slot);
      most = Math.max(most, running.size);
      began.push(row);
      await sleep(5);
      running.delete(slot);
      return row === 'bad teacher' ? 'failed' : 'finished';
    },
  });
  assert.equal(most, 2);
  assert.deepEqual([...began].sort(), ['bad teacher', 'other', 'student', 'teacher']);
  assert.ok(began.indexOf('teacher') < began.indexOf('student'));
  assert.deepEqual(
    jobs.map(({ id }) => outcomes.get(id)),
    ['finished', 'held', 'finished', 'failed', 'finished'],
  );
});

test('where a job cannot be run at all, none begins any more, those under way are waited for and noted, and the fault is thrown', async () => {
  const began: string[] = [];
  const noted: string[] = [];
  await assert.rejects(
    runGrid(jobs, {
      slots: 2,
      execute: async ({ row }): Promise<Outcome> => {
        began.push(row);
        if (began.length === 1) throw new Error('no dashboard');
        await sleep(20);
        return 'finished';
      },
      onOutcome: ({ row }, outcome) => void noted.push(`${row} ${outcome}`),
    }),
    /no dashboard/,
  );
  assert.equal(began.length, 2);
  assert.ok(noted.includes(`${began[1]} finished`));
  assert.equal(noted.filter((line) => line.endsWith('held')).length, 3);
});

test('once stopped, nothing more begins', async () => {
  const stop = new AbortController();
  const outcomes = await runGrid(jobs, {
    slots: 1,
    signal: stop.signal,
    execute: () => {
      stop.abort();
      return Promise.resolve('later');
    },
  });
  assert.deepEqual([...outcomes.values()].sort(), ['held', 'held', 'held', 'held', 'later']);
});

test('slots share the threads, and have a GPU each where there are any', () => {
  const [a, b, c] = [
    slotEnvironment(0, 1000, []),
    slotEnvironment(5, 4, ['0', '3', '7']),
    slotEnvironment(1, 2, ['0', '3', '7', '8'], 2),
  ];
  assert.deepEqual(a, { TF_NUM_INTRAOP_THREADS: '1' });
  assert.equal(b['CUDA_VISIBLE_DEVICES'], '7');
  assert.equal(c['CUDA_VISIBLE_DEVICES'], '7,8', 'a card for each process that shares the batches');
});
