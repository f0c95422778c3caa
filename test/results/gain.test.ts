import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageNetNormalisation } from '../../lib/data/datasets/normalisation';
import { chance, gainedPoints, verdict, type Gain } from '../../lib/results/gain';
import { sampleRecord } from './support';

function gain(distilled: number, scratch: number, validationImages = 1000): Gain {
  const cost = { network: 'vit_64', parameters: 1, latency: 1 };
  return {
    distilled: sampleRecord({ top1: distilled }),
    scratch: sampleRecord({ top1: scratch }),
    student: cost,
    methodParameters: 1,
    teacher: { ...cost, network: 'resnet_24', top1: 70, weights: 'fresh' },
    classes: 2,
    trainImages: 10,
    validationImages,
    imageSize: 32,
    normalisation: imageNetNormalisation,
  };
}

test('chance is half the 95 % interval of a difference of two accuracies', () => {
  // 1.96 · √(2 · 0.5 · 0.5 / 1002) = 4.378 %
  assert.ok(Math.abs(chance(gain(50, 50)) - 4.3784) < 1e-3);
  // Of many images, it is the interval of the normal approximation.
  const approximation = 100 * 1.96 * Math.sqrt((0.09 + 0.16) / 1e6);
  assert.ok(Math.abs(chance(gain(90, 80, 1e6)) / approximation - 1) < 1e-5);
  // Four images of four are 5 of 6: 1.96 · √(2 · 5/6 · 1/6 / 6) = 42.2 %
  assert.ok(Math.abs(chance(gain(100, 100, 4)) - 42.174) < 1e-2);
});

test('the verdict states gain, loss or neither, and whether it exceeds the sampling error', () => {
  assert.equal(gainedPoints(gain(52.5, 50)), 2.5);
  assert.match(
    verdict(gain(56, 50)),
    /vit_64 gained 6\.00 points of top-1: 56\.00 % instead of 50\.00 % from scratch\..*other seeds would vary/,
  );
  assert.match(verdict(gain(44, 50)), /lost 6\.00 points/);
  assert.match(
    verdict(gain(52, 50)),
    /gained 2\.00 points.*differences of up to ±4\.4 points may be chance, so this one is not evidence/,
  );
  assert.match(verdict(gain(50, 50)), /changed nothing/);
});
