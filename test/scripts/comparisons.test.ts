import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Comparison } from '../../scripts/bench/comparison';
import { performanceBlocks, stepSummary } from '../../scripts/bench/tables';

const step: Comparison = {
  kind: 'step',
  setting: 'vit_64 resnet_24 32 64',
  date: '2026-11-26',
  machine: 'One, 2 cores, 8 GB',
  repeats: 5,
  variant: '--bf16',
  precision: 'bf16',
  float32: 100,
  pytorchFloat32: 80,
  ours: 200,
  pytorch: 100,
  ratio: 2,
  threads: 2,
  processor: 300,
  pytorchProcessor: 900,
  memory: 500,
  pytorchMemory: 600,
  gigaflops: 50,
  peakGigaflops: 200,
};

test('has a section for each machine, and its name in the summary of steps', () => {
  const all = [step, { ...step, machine: 'Another, 8 cores, 64 GB', ours: 800, ratio: 8 }];
  assert.deepEqual(headings(all), ['One, 2 cores, 8 GB', 'Another, 8 cores, 64 GB']);
  const [first, second] = stepSummary(all).split('\n').slice(2);
  assert.equal(
    first,
    '| One | resnet_24 → vit_64, 32 px, batch 64 | 200.0 (bf16) | 100.0 | **2.00** | **3.00** | 500 / 600 MB |',
  );
  assert.match(second!, /^\| Another \|.*\*\*8\.00\*\*/);
});

test('has a section for each number of threads of a machine, with the dates of its rows', () => {
  const all = [
    step,
    { ...step, threads: 1, date: '2026-11-27' },
    { ...step, setting: 'mixer_64 resnet_24 32 64', date: '2026-11-28' },
  ];
  assert.deepEqual(headings(all), ['One, 2 cores, 8 GB, 2 threads per op', 'One, 2 cores, 8 GB, 1 thread per op']);
  assert.match(performanceBlocks(all).comparisons, /^2026-11-26 to 2026-11-28; 2 threads per op; medians/m);
  assert.deepEqual(
    stepSummary(all)
      .split('\n')
      .slice(2)
      .map((line) => line.split(' | ')[0]),
    ['| One, 2 threads per op', '| One, 2 threads per op', '| One, 1 thread per op'],
  );
});

test('compares both sides in float32, too, where PyTorch was measured in it', () => {
  const [table, older] = [step, { ...step, pytorchFloat32: undefined }].map(
    (one) => performanceBlocks([one]).comparisons,
  );
  assert.match(table!, /\| 200.0 \(bf16\) \| 100.0 \/ 80.0 \| \*\*1.25\*\* \|/);
  assert.match(older!, /\| 200.0 \(bf16\) \| 100.0 \/ – \| – \|/);
});

function headings(all: readonly Comparison[]): (string | undefined)[] {
  return [...performanceBlocks(all).comparisons.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
}
