import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Measuring } from '../../lib/training/measures';
import { expectClose } from '../support/close';

/** Logits of two classes by which the first has this probability. */
const sure = (p: number): number[] => [Math.log(p / (1 - p)), 0];

function measured(probabilities: readonly number[], labels: readonly number[], taught?: readonly number[], cut = probabilities.length): ReturnType<() => Measuring['result']> {
  const measuring = new Measuring();
  for (let i = 0; i < labels.length; i += cut) {
    measuring.add(Float32Array.from(probabilities.slice(i, i + cut).flatMap(sure)), labels.slice(i, i + cut), taught?.slice(i, i + cut));
  }
  return measuring.result;
}

test('calibration by hand: in each of 15 bins, how far confidence is from accuracy, weighted by its images', () => {
  // 0.9 in bin 13: sure of four, right about two: 0.4 off. 0.62 in bin 9: sure of one, and right: 0.38 off.
  expectClose(measured([0.9, 0.9, 0.9, 0.9, 0.62], [0, 0, 1, 1, 0]).calibrationError, (100 * (4 * 0.4 + 0.38)) / 5, { relative: 1e-5 });
  expectClose(measured([0.75, 0.75, 0.75, 0.75], [0, 0, 0, 1]).calibrationError, 0, { absolute: 1e-4 });
  // Two faults in one bin cancel, in two bins they do not.
  expectClose(measured([0.9, 0.1], [0, 0]).calibrationError, 40, { relative: 1e-5 });
});

test('agreement is with the teacher, whatever the label; without one there is none', () => {
  expectClose(measured([0.9, 0.8, 0.3, 0.2], [1, 1, 1, 1], [0, 1, 1, 0]).agreement!, 50);
  assert.equal(measured([0.9], [0]).agreement, undefined);
});

test('how the images are cut into batches changes nothing', () => {
  const [p, labels, taught] = [[0.9, 0.6, 0.3, 0.99, 0.51, 0.1], [0, 1, 1, 0, 1, 0], [0, 0, 1, 1, 0, 1]];
  assert.deepEqual(measured(p, labels, taught, 1), measured(p, labels, taught, 6));
  assert.deepEqual(measured(p, labels, taught, 4), measured(p, labels, taught, 6));
});
