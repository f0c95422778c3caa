import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { untilInterrupted } from '../../lib/notebook/stop';

test('an interrupt fires the signal, the work ends itself and its result is kept', async () => {
  let usual = 0;
  const listener = (): void => void usual++;
  process.on('SIGINT', listener);
  try {
    const steps = await untilInterrupted(async (signal) => {
      let done = 0;
      while (!signal.aborted) {
        done++;
        if (done === 3) process.emit('SIGINT', 'SIGINT');
        await setImmediate();
      }
      return done;
    });
    assert.equal(steps, 3);
    assert.equal(usual, 0, 'the usual listener was put aside');
    assert.ok(process.listeners('SIGINT').includes(listener), 'and put back');
  } finally {
    process.off('SIGINT', listener);
  }
});

test('a second interrupt does what one does otherwise', async () => {
  let usual = 0;
  const listener = (): void => void usual++;
  process.on('SIGINT', listener);
  try {
    await untilInterrupted(async () => {
      process.emit('SIGINT', 'SIGINT');
      process.emit('SIGINT', 'SIGINT');
      await setImmediate();
    });
    assert.equal(usual, 1);
    assert.equal(process.listeners('SIGINT').filter((each) => each === listener).length, 1);
  } finally {
    process.off('SIGINT', listener);
  }
});

test('listeners are as before when the work fails, and however often it runs', async () => {
  const before = process.listeners('SIGINT');
  await assert.rejects(
    untilInterrupted(() => Promise.reject(new Error('fault'))),
    /fault/,
  );
  for (let i = 0; i < 20; i++) await untilInterrupted(() => Promise.resolve(i));
  assert.deepEqual(process.listeners('SIGINT'), before);
});
