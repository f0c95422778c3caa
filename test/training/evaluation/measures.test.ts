import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../lib/tensor/random';
import { MeasureSum } from '../../../lib/training/evaluation/measures';
import { expectClose } from '../../support/close';

/** Logits of two classes, the first of which has this probability. */
const sure = (p: number): number[] => [Math.log(p / (1 - p)), 0];

function measured(
  probabilities: readonly number[],
  labels: readonly number[],
  taught?: readonly number[],
  cut = probabilities.length,
): ReturnType<() => MeasureSum['result']> {
  const measuring = new MeasureSum();
  for (let i = 0; i < labels.length; i += cut) {
    measuring.add(
      Float32Array.from(probabilities.slice(i, i + cut).flatMap(sure)),
      labels.slice(i, i + cut),
      taught?.slice(i, i + cut),
    );
  }
  return measuring.result;
}

test('calibration by hand: the gap of confidence and accuracy in 15 bins, weighted by images', () => {
  // Bin 13 has four images of confidence 0.9, two correct: gap 0.4. Bin 9 has one of 0.62, correct: gap 0.38.
  expectClose(measured([0.9, 0.9, 0.9, 0.9, 0.62], [0, 0, 1, 1, 0]).calibrationError, (100 * (4 * 0.4 + 0.38)) / 5, {
    relative: 1e-5,
  });
  expectClose(measured([0.75, 0.75, 0.75, 0.75], [0, 0, 0, 1]).calibrationError, 0, { absolute: 1e-4 });
  // Two gaps of opposite sign cancel in one bin, and not in two bins.
  expectClose(measured([0.9, 0.1], [0, 0]).calibrationError, 40, { relative: 1e-5 });
});

test('top-1, top-5 and calibration of random logits equal their definitions in float64', () => {
  const [images, classes] = [400, 9];
  const random = new Random(5);
  const logits = Float32Array.from({ length: images * classes }, () => 3 * random.normal());
  const labels = Array.from({ length: images }, () => random.integer(classes));
  const rows = labels.map((label, i) => {
    const row = Array.from(logits.subarray(i * classes, (i + 1) * classes));
    const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
    const order = row
      .map((z, c) => [z, c] as const)
      .sort(([a], [b]) => b - a)
      .map(([, c]) => c);
    return { confidence: Math.exp(Math.max(...row)) / total, place: order.indexOf(label) };
  });
  const share = (good: (place: number) => boolean): number =>
    (100 * rows.filter(({ place }) => good(place)).length) / images;
  // Guo et al. 2017, equations 2, 3 and 5: bins (m − 1, m] / 15, |B| / n · |accuracy − confidence|.
  const ece = Array.from({ length: 15 }, (_, m) =>
    rows.filter(({ confidence }) => confidence > m / 15 && confidence <= (m + 1) / 15),
  ).reduce((sum, bin) => {
    if (bin.length === 0) return sum;
    const accuracy = bin.filter(({ place }) => place === 0).length / bin.length;
    const confidence = bin.reduce((total, one) => total + one.confidence, 0) / bin.length;
    return sum + (bin.length / images) * Math.abs(accuracy - confidence);
  }, 0);
  const measuring = new MeasureSum();
  measuring.add(logits, labels);
  expectClose(
    [measuring.result.top1, measuring.result.top5, measuring.result.calibrationError],
    [share((place) => place === 0), share((place) => place < 5), 100 * ece],
    { relative: 1e-5 },
  );
});

test('measures agreement with the teacher regardless of labels, and only if there is a teacher', () => {
  expectClose(measured([0.9, 0.8, 0.3, 0.2], [1, 1, 1, 1], [0, 1, 1, 0]).agreement!, 50);
  assert.equal(measured([0.9], [0]).agreement, undefined);
});

test('does not depend on the batch size', () => {
  const [p, labels, taught] = [
    [0.9, 0.6, 0.3, 0.99, 0.51, 0.1],
    [0, 1, 1, 0, 1, 0],
    [0, 0, 1, 1, 0, 1],
  ];
  assert.deepEqual(measured(p, labels, taught, 1), measured(p, labels, taught, 6));
  assert.deepEqual(measured(p, labels, taught, 4), measured(p, labels, taught, 6));
});
