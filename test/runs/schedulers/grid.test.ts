import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runGrid, type Outcome } from '../../../lib/runs/schedulers/grid';
import { slotEnvironment } from '../../../lib/runs/schedulers/localSlots';
import { jobsOf, tiny } from '../example';

const student = (name: string, place: string) => ({
  name,
  recipe: { ...tiny.recipe, method: { kind: 'kd' } as const, teacher: { model: 'mixer_64', weights: place } },
});
const jobs = jobsOf([
  student('student', 'good'),
  student('orphan', 'bad'),
  { ...tiny, name: 'teacher', exportWeightsTo: 'good' },
  { name: 'bad teacher', recipe: { ...tiny.recipe, epochs: 3 }, exportWeightsTo: 'bad' },
  { name: 'other', recipe: { ...tiny.recipe, epochs: 4 } },
]);

test('runs at most one job per slot, students after their teachers, and no students of failed teachers', async () => {
  const running = new Set<number>();
  const began: string[] = [];
  let maxRunning = 0;
  const outcomes = await runGrid(jobs, {
    slots: 2,
    execute: async ({ row }, slot): Promise<Outcome> => {
      assert.ok(!running.has(slot) && slot < 2);
      running.add(slot);
      maxRunning = Math.max(maxRunning, running.size);
      began.push(row);
      await sleep(5);
      running.delete(slot);
      return row === 'bad teacher' ? 'failed' : 'finished';
    },
  });
  assert.equal(maxRunning, 2);
  assert.deepEqual([...began].sort(), ['bad teacher', 'other', 'student', 'teacher']);
  assert.ok(began.indexOf('teacher') < began.indexOf('student'));
  assert.deepEqual(
    jobs.map(({ id }) => outcomes.get(id)),
    ['finished', 'skipped', 'finished', 'failed', 'finished'],
  );
});

test('after an error of execute, starts no further job, awaits the running ones, and throws the error', async () => {
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
  assert.equal(noted.filter((line) => line.endsWith('skipped')).length, 3);
});

test('starts no further job after its signal fired', async () => {
  const stop = new AbortController();
  const outcomes = await runGrid(jobs, {
    slots: 1,
    signal: stop.signal,
    execute: () => {
      stop.abort();
      return Promise.resolve('paused');
    },
  });
  assert.deepEqual([...outcomes.values()].sort(), ['paused', 'skipped', 'skipped', 'skipped', 'skipped']);
});

test('slots share the threads, and have their own GPUs', () => {
  const [a, b, c] = [
    slotEnvironment(0, 1000, []),
    slotEnvironment(5, 4, ['0', '3', '7']),
    slotEnvironment(1, 2, ['0', '3', '7', '8'], 2),
  ];
  assert.deepEqual(a, { TF_NUM_INTRAOP_THREADS: '1' });
  assert.equal(b['CUDA_VISIBLE_DEVICES'], '7');
  assert.equal(c['CUDA_VISIBLE_DEVICES'], '7,8', 'a GPU for each process');
});
