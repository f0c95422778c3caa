import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { untilInterrupted } from '../../lib/notebook/stop';

test('the first interrupt aborts the signal, and the result of the work is returned', async () => {
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
    assert.equal(usual, 0, 'the usual listener is suspended');
    assert.ok(process.listeners('SIGINT').includes(listener), 'and restored');
  } finally {
    process.off('SIGINT', listener);
  }
});

test('the second interrupt reaches the usual listeners', async () => {
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

test('restores the listeners when the work fails, and after many runs', async () => {
  const before = process.listeners('SIGINT');
  await assert.rejects(
    untilInterrupted(() => Promise.reject(new Error('failure'))),
    /failure/,
  );
  for (let i = 0; i < 20; i++) await untilInterrupted(() => Promise.resolve(i));
  assert.deepEqual(process.listeners('SIGINT'), before);
});
