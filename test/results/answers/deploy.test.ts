import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cheapestExit,
  deployAnswer,
  deployedLines,
  deployedRows,
  trainedBy,
  type DeployedExits,
} from '../../../lib/results/answers/deploy';
import type { DeployedRecord } from '../../../lib/results/records/deployedRecord';
import { sampleDeployed } from '../support';

const model = (student: string, precision: DeployedRecord['precision'], top1?: number) => ({
  student,
  network: 'vit_64',
  precision,
  bytes: precision === 'int8' ? 300_000 : 900_000,
  ...(top1 !== undefined && { performance: { top1, milliseconds: precision === 'int8' ? 0.45 : 0.5 } }),
});

const measured = [
  model('vit_64', 'float32', 30),
  model('vit_64', 'int8', 29.9),
  model('vit_64-by-rsd', 'float32', 40),
  model('vit_64-by-rsd', 'int8', 39.7),
];

const exits = (changes: Partial<DeployedExits> = {}): DeployedExits => ({
  name: 'resnet_16-by-ofa',
  top1: [20, 40, 48],
  plainCost: 100,
  earlyExit: [
    { threshold: 0, cost: 30, top1: 20 },
    { threshold: 0.8, cost: 70, top1: 47.2 },
    { threshold: 0.9, cost: 90, top1: 48.1 },
    { threshold: 1.01, cost: 120, top1: 48 },
  ],
  ...changes,
});

test('names the method of a student by the name of its weights', () => {
  assert.deepEqual(['vit_64', 'vit_64-by-kd', 'resnet_16-by-ofa', 'vit_64-by-rsd'].map(trainedBy), [
    'from scratch',
    'KD',
    'OFA',
    'RSD',
  ]);
});

test('prefers a measurement to a record, and fills what was not measured from the records', () => {
  const records = [
    sampleDeployed({ student: 'vit_64', precision: 'float32', top1: 1 }),
    sampleDeployed({ student: 'vit_64-by-kd', precision: 'float32', top1: 31 }),
    sampleDeployed({ student: 'vit_64-by-kd', precision: 'int8', top1: 30.5 }),
    sampleDeployed({ student: 'resnet_16', precision: 'int8', top1: 2 }),
  ];
  const rows = deployedRows(
    [model('vit_64', 'float32', 30), model('vit_64-by-kd', 'float32'), model('vit_64-by-ofa', 'float32')],
    records,
  );
  assert.deepEqual(
    rows.map(({ student, precision, top1, measuredOn }) => [student, precision, top1, measuredOn]),
    [
      ['vit_64', 'float32', 30, 'this machine'],
      ['vit_64-by-kd', 'float32', 31, 'Zen 4 (recorded)'],
      ['vit_64-by-kd', 'int8', 30.5, 'Zen 4 (recorded)'],
    ],
  );
});

test('each student is a line from float32 to int8 in one colour, with a diamond at int8', () => {
  const lines = deployedLines(deployedRows(measured, []), 'size');
  assert.deepEqual(
    lines.map(({ name, color, symbol, x, y }) => [name, color, symbol, x, y]),
    [
      ['from scratch', 0, undefined, [0.9, 0.3], [30, 29.9]],
      ['from scratch, int8', 0, 'diamond', [0.3], [29.9]],
      ['RSD', 1, undefined, [0.9, 0.3], [40, 39.7]],
      ['RSD, int8', 1, 'diamond', [0.3], [39.7]],
    ],
  );
  const [latency] = deployedLines(deployedRows(measured.slice(0, 1), []), 'latency');
  assert.deepEqual(latency!.x, [0.5]);
});

test('the cheapest early exit loses at most one point of the student’s own top-1', () => {
  assert.equal(cheapestExit(exits())?.threshold, 0.8);
  assert.equal(cheapestExit(exits({ top1: [20, 40, 50] })), undefined);
});

test('the answer orders methods by accuracy, and states what int8 and early exit change', () => {
  assert.equal(
    deployAnswer(deployedRows(measured, []), exits()),
    'In onnxruntime on this machine, vit_64 reaches 40.0 % (RSD) and 30.0 % (from scratch); ' +
      'a file has 0.90 MB, and one image takes 0.50 ms. ' +
      'int8 makes the file 3.0 times smaller, takes 0.90 times as long, and changes top-1 by at most 0.3 points. ' +
      'With early exit at a threshold of 0.8, resnet_16-by-ofa reaches 47.2 % instead of its 48.0 % ' +
      'with 70 % of the multiply-adds.',
  );
});

test('the answer states that early exit does not pay off, and that nothing is measured', () => {
  assert.match(deployAnswer([], exits({ plainCost: 60 })), /^No exported student is measured or recorded\. Early exit/);
  assert.match(
    deployAnswer([], exits({ plainCost: 70 })),
    /does not save work without losing more than 1 point of its/,
  );
});
