import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import type { Comparison } from '../../scripts/bench/comparison';
import { readComparisons } from '../../scripts/bench/comparisons';
import { performancePage, stepTable } from '../../scripts/bench/table';

const step: Comparison = {
  kind: 'step',
  setting: 'vit_64 resnet_24 32 64',
  date: '2026-11-26',
  machine: 'One, 2 cores, 8 GB',
  repeats: 5,
  variant: '--bf16',
  precision: 'bf16',
  float32: 100,
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

test('the page of performance is what the kept comparisons give, with the text below them', () => {
  const page = readFileSync('docs/performance.md', 'utf8');
  assert.equal(performancePage(readComparisons(), page), page);
});

test('each machine has a section of its own, and its name beside its steps', () => {
  const all = [step, { ...step, machine: 'Another, 8 cores, 64 GB', ours: 800, ratio: 8 }];
  assert.deepEqual(
    [...performancePage(all, '').matchAll(/^## (.*)$/gm)].map(([, heading]) => heading),
    ['One, 2 cores, 8 GB', 'Another, 8 cores, 64 GB'],
  );
  const [first, second] = stepTable(all).split('\n').slice(2);
  assert.match(
    first!,
    /^\| One \|.*\| 200\.0 \(bf16\) \| 100\.0 \| \*\*2\.00\*\* \| \*\*3\.00\*\* \| 500 and 600 MB \|$/,
  );
  assert.match(second!, /^\| Another \|.*\*\*8\.00\*\*/);
});

test('a machine that was tried with several numbers of threads has a section for each, with the days of its rows', () => {
  const all = [
    step,
    { ...step, threads: 1, date: '2026-11-27' },
    { ...step, setting: 'mixer_64 resnet_24 32 64', date: '2026-11-28' },
  ];
  const page = performancePage(all, '');
  assert.deepEqual(
    [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading),
    ['One, 2 cores, 8 GB, 2 threads an op', 'One, 2 cores, 8 GB, 1 thread an op'],
  );
  assert.match(page, /^2026-11-26 to 2026-11-28; 2 threads an op; medians/m);
  assert.deepEqual(
    stepTable(all)
      .split('\n')
      .slice(2)
      .map((line) => line.split(' | ')[0]),
    ['| One, 2 threads an op', '| One, 2 threads an op', '| One, 1 thread an op'],
  );
});
