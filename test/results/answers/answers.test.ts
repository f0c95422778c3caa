import assert from 'node:assert/strict';
import { test } from 'node:test';

import { branchCountLines, branchesAnswer, branchSetGains, stagesOf } from '../../../lib/results/answers/branches';
import { claimSentence } from '../../../lib/results/answers/claimSentence';
import { accuracyOverImages, distilAnswer, storyComparisons } from '../../../lib/results/answers/distil';
import { epsilonAnswer, exponentLabel, exponentSweeps, sweepLines } from '../../../lib/results/answers/epsilon';
import {
  cifar100Answer,
  imageNetAnswer,
  laptopPairs,
  publishedGains,
  publishedMargins,
  tableComparisons,
  tableCost,
} from '../../../lib/results/answers/mainTables';
import {
  isClipped,
  labelLosses,
  settingGains,
  settingLabel,
  weightLines,
} from '../../../lib/results/answers/weightAndClipping';
import { publishedPair, publishedTable } from '../../../lib/results/published';
import { sampleFinding, sampleRow } from './rows';

const close = (actual: number | null | undefined, expected: number): void =>
  assert.ok(Math.abs(actual! - expected) < 1e-9, `${actual} is not ${expected}`);

test('the answer on distillation ranks the methods on shared seeds', () => {
  const rows = [
    sampleRow('scratch', { teacher: null, top1: [30, 31] }),
    sampleRow('kd', { method: { kind: 'kd' }, top1: [33, 34, 99] }),
    sampleRow('ofa', { method: { kind: 'ofa' }, top1: [32, 33] }),
  ];
  const answer = distilAnswer(rows);
  assert.match(answer, /^KD is best with 33\.50 ± 0\.71 % top-1 accuracy, followed by OFA with 32\.50 ± 0\.71 %/);
  assert.match(answer, /and training from scratch with 30\.50 ± 0\.71 % \(mean ± standard deviation over seeds 0, 1\)/);
  assert.match(answer, /not reproduced\.$/);
  assert.match(distilAnswer(rows.slice(0, 2)), /^5 of 6 runs are recorded\. Run the others with/);
});

test('a single seed and the order of the paper are stated', () => {
  const answer = distilAnswer([
    sampleRow('scratch', { teacher: null, top1: [30] }),
    sampleRow('kd', { method: { kind: 'kd' }, top1: [31] }),
    sampleRow('ofa', { method: { kind: 'ofa' }, top1: [32] }),
  ]);
  assert.match(
    answer,
    /^OFA is best with 32\.00 %.*\(seed 0 only; another seed may change the order\).*is reproduced\.$/,
  );
});

test('accuracy over images scales the epochs by the images of an epoch', () => {
  const [line, ...others] = accuracyOverImages([
    sampleRow('ofa', { method: { kind: 'ofa' }, top1: [32] }),
    sampleRow('kd', { method: { kind: 'kd' }, top1: [] }),
  ]);
  assert.deepEqual(line, { name: 'OFA, recorded', x: [25, 50], y: [20, 28.6], markers: true });
  assert.deepEqual(others, []);
});

test('published results of the story stand beside ours', async () => {
  const rows = [sampleRow('kd', { method: { kind: 'kd' }, top1: [33, 34] })];
  const comparisons = storyComparisons(await publishedPair('cifar100', 'ConvNeXt-T', 'DeiT-T'), rows);
  assert.deepEqual(
    comparisons.map(({ method, ours }) => [method, ours?.mean]),
    [
      ['training from scratch', undefined],
      ['KD', 33.5],
      ['OFA', undefined],
    ],
  );
});

const swept = [
  sampleRow('ofa-1', { method: { kind: 'ofa', exponent: 1 }, top1: [30] }),
  sampleRow('ofa-1.2', { method: { kind: 'ofa', exponent: 1.2 }, top1: [29] }),
  sampleRow('paper-1.2', { method: { kind: 'ofa', exponent: 1.2, form: 'paper' }, top1: [31] }),
];
const references = [
  sampleRow('alone', { teacher: null, top1: [28], experiment: 'main' }),
  sampleRow('other', { teacher: 'mixer_96', method: { kind: 'kd' }, top1: [50], experiment: 'main' }),
];

test('exponent sweeps separate the forms, which share ε = 1, and keep references of the pair', () => {
  const [sweep, ...others] = exponentSweeps(swept, references);
  assert.deepEqual(others, []);
  const results = sweep!.forms.map(({ form, results: found }) => [form, found.map(({ top1 }) => top1.mean)]);
  assert.deepEqual(results, [
    ['released', [30, 29]],
    ['paper', [30, 31]],
  ]);
  assert.deepEqual(
    sweepLines(sweep!).map(({ name, x, y }) => ({ name, x, y })),
    [
      { name: 'OFA, released form', x: [1, 1.2], y: [30, 29] },
      { name: 'OFA, paper form', x: [1, 1.2], y: [30, 31] },
      { name: 'scratch', x: [1, 1.2], y: [28, 28] },
    ],
  );
  assert.equal(exponentLabel(swept[2]!), 'resnet_24 → vit_64, ε = 1.2, paper form');
});

test('lines over ε and over branches have error bars where there are several seeds', () => {
  const method = (exponent: number) => ({ kind: 'ofa', exponent }) as const;
  const several = [1, 1.2].map((exponent) =>
    sampleRow(`ofa-${exponent}`, { method: method(exponent), top1: [30, 31] }),
  );
  const halfWidth = (12.706204736 * Math.SQRT1_2) / Math.SQRT2;
  for (const half of sweepLines(exponentSweeps(several, [])[0]!)[0]!.yError!) close(half, halfWidth);
  assert.deepEqual(sweepLines(exponentSweeps(swept, [])[0]!)[0]!.yError, [null, null]);
  const branches = branchRows.map((one, k) => ({ ...one, runs: sampleRow(one.row, { top1: [30, 31 + k] }).runs }));
  const [lineOfBranches] = branchCountLines(branches);
  close(lineOfBranches!.yError![0], halfWidth);
});

test('the answer on ε names the best value of each form and warns about single seeds', () => {
  const answer = epsilonAnswer(exponentSweeps(swept, references), swept);
  assert.match(
    answer,
    /^resnet_24 → vit_64: in the released form ε = 1 is best with 30\.00 % top-1, 1\.00 points above/,
  );
  assert.match(answer, /in the paper form ε = 1\.2 is best with 31\.00 %.*single seed/);
  assert.match(epsilonAnswer([], swept), /^Too few runs.* 3 of 9 runs are recorded/);
});

const branchRows = [
  sampleRow('all', { method: { kind: 'ofa' }, top1: [30] }),
  sampleRow('last', { method: { kind: 'ofa', stages: [4] }, top1: [29] }),
  sampleRow('first', { method: { kind: 'ofa', stages: [1] }, top1: [32] }),
];

test('branch ablations are differences from four branches', () => {
  assert.deepEqual(stagesOf(branchRows[0]!), [1, 2, 3, 4]);
  const [line] = branchCountLines(branchRows);
  assert.deepEqual(
    [line!.x, line!.y],
    [
      [1, 4],
      [-1, 0],
    ],
  );
  const [gains] = branchSetGains(branchRows);
  assert.deepEqual(
    gains!.effects.map(({ label, value }) => [label, value]),
    [
      ['branches at 4', -1],
      ['branches at 1', 2],
    ],
  );
  assert.match(
    branchesAnswer(branchRows, sampleFinding),
    /^No: .*the best single branch is at stage 1, 2\.00 points above four branches\. Each value is from a single seed/,
  );
});

const weightRows = [
  sampleRow('paper', { method: { kind: 'ofa' }, clipNorm: 5, top1: [30] }),
  sampleRow('heavy', { method: { kind: 'ofa', logitsWeight: 5, branchWeight: 5 }, top1: [27] }),
];

test('settings of weight and clipping are read from recipes and compared with weight 1, clipped', () => {
  assert.deepEqual(weightRows.map(settingLabel), ['weight 1, clipped', 'weight 5, not clipped']);
  assert.deepEqual(weightRows.map(isClipped), [true, false]);
  assert.deepEqual(
    weightLines(weightRows).map(({ name, x, y, dash }) => ({ name, x, y, dash })),
    [
      { name: 'resnet_24 → vit_64, clipped at 5', x: [1], y: [30], dash: 'solid' },
      { name: 'resnet_24 → vit_64, not clipped', x: [5], y: [27], dash: 'dash' },
    ],
  );
  close(settingGains(weightRows)[0]!.effects[0]!.value, -3);
  const [run] = labelLosses(weightRows, { teacher: 'resnet_24', student: 'vit_64' });
  assert.deepEqual([run!.row, run!.history.map(({ loss }) => loss)], ['weight 1, clipped', [3, 1.5]]);
});

test('a claim is answered with its least favourable comparison and the certainty', () => {
  assert.equal(
    claimSentence(sampleFinding, 'A beats every B', 'B'),
    'No: “A beats every B” does not hold in our runs. In the least favourable comparison, B (mixer_96 → vit_64, KD) ' +
      'is 2.50 points better (95 % interval of the difference [−3.20, −1.85], 3 seeds).',
  );
  const undecided = { ...sampleFinding, verdict: 'undecided at this scale', low: null, high: null, seeds: 1 } as const;
  assert.match(
    claimSentence(undecided, 'A beats every B', 'B'),
    /^Our runs do not decide .* at least 3 seeds.*\(1 seed\)\.$/,
  );
  const missing = { ...undecided, effect: null };
  assert.match(claimSentence(missing, 'A beats every B', 'B'), /^Undecided: no run that bears on “A beats every B”/);
});

test('the main tables compare published cells with small counterparts and recipes', async () => {
  const table = await publishedTable('cifar100');
  const pairs = laptopPairs(table);
  assert.equal(pairs.length, 6);
  const rows = pairs.flatMap((pair, i) => [
    sampleRow(`ofa ${i}`, { ...pair, method: { kind: 'ofa' }, top1: [i === 0 ? 40 : 30] }),
    sampleRow(`kd ${i}`, { ...pair, method: { kind: 'kd' }, top1: [35] }),
  ]);
  const answer = cifar100Answer(sampleFinding, rows, pairs);
  assert.match(answer, /^No: .* OFA has the highest mean on 1 of 6 pairs\. 12 of 36 runs are recorded/);

  const comparisons = tableComparisons('cifar100', table, rows);
  const ofa = comparisons.filter(({ label }) => label.endsWith(', OFA'));
  assert.equal(ofa.length, 12);
  assert.ok(ofa.every(({ ours, paper, published }) => ours && paper && published));
  assert.ok(tableCost(comparisons).gpuDays > 0);
});

test('published gains and margins mark unverified numbers', async () => {
  const table = await publishedTable('imagenet');
  const [gains] = publishedGains(table, ['OFA']);
  assert.equal(gains!.effects.length, table.rows.length);
  const { student_top1: alone, methods } = table.rows[0]!;
  close(gains!.effects[0]!.value, methods['OFA']!.value - alone.value);
  const [margins] = publishedMargins(table, ['KD']);
  assert.equal(margins!.name, 'OFA − KD');
  assert.equal(margins!.effects[0]!.hollow, methods['KD']!.status === 'recalled');
  assert.match(imageNetAnswer({ ...sampleFinding, effect: null }, 926), /^Undecided: .*926 days on one GPU/);
});
