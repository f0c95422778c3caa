import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareRepetition } from '../../../lib/results/records/repetition';
import { sampleRecord } from '../support';

const recorded = sampleRecord({ top1: 28.6 });

test('equal weights agree on any machine', () => {
  const repeated = { ...recorded, threads: 1 };
  assert.deepEqual(compareRepetition({ recorded, repeated, sameWeights: true }, 2), {
    agrees: true,
    text: 'top-1 28.60 %, recorded 28.60 %; all weights are equal',
  });
});

test('other weights do not agree on the same machine, even with equal accuracy', () => {
  const { agrees, text } = compareRepetition({ recorded, repeated: recorded, sameWeights: false }, 2);
  assert.equal(agrees, false);
  assert.match(text, /the weights differ, on the same type of processor/);
});

test('on another machine the accuracy may differ by the tolerance', () => {
  const repeated = { ...recorded, threads: 1, machine: { ...recorded.machine, processor: 'Xeon' }, top1: 30.5 };
  const near = compareRepetition({ recorded, repeated, sameWeights: false }, 2);
  assert.deepEqual(
    [near.agrees, near.text.split('; ')[1]],
    [true, 'within 2 points, with another processor, number of threads'],
  );
  const far = compareRepetition({ recorded, repeated: { ...repeated, top1: 26.5 }, sameWeights: false }, 2);
  assert.equal(far.agrees, false);
  assert.match(far.text, /more than 2 points apart/);
});
