import type { Experiment, Row } from './experiment';
import { smoke } from './smoke';

/** RepDistiller's script for CIFAR-100 (github HobbitLong/RepDistiller, train_teacher.py), whose ResNet-20 is published at 69.06 %. */
const rows: readonly Row[] = [
  {
    name: 'resnet20',
    recipe: {
      student: 'resnet20',
      data: { name: 'cifar-100' },
      epochs: 240,
      batchSize: 64,
      optimizer: { name: 'sgd', momentum: 0.9, nesterov: false },
      learningRate: 0.05,
      schedule: { kind: 'step', at: [150, 180, 210], factor: 0.1 },
      weightDecay: 5e-4,
      decayEverything: true,
      augmentation: 'crop-flip',
      evaluateEvery: 5,
    },
  },
];

/** A number from outside: if ours is within 0.7 points of it, then data, augmentation, batch norm, optimiser and evaluation are right together. */
export const anchor: Experiment = {
  name: 'anchor',
  title: 'Does a network trained by a published recipe reach the published accuracy (ResNet-20: 69.06 %)?',
  seeds: [0],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
