import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bestWithin,
  branchAccuracyAnswer,
  chanceOfExits,
  type StudentExits,
} from '../../../lib/results/answers/branchAccuracy';
import { ckaAcrossTrainingAnswer, momentSimilarity } from '../../../lib/results/answers/ckaAcrossTraining';
import { claimLabel, claimsAnswer } from '../../../lib/results/answers/claims';
import { costAnswer, timesScratch } from '../../../lib/results/answers/cost';
import { anchorText, exponentRanges, limitsAnswer } from '../../../lib/results/answers/limits';
import { ownMethodAnswer } from '../../../lib/results/answers/ownMethod';
import { sameFamilyAnswer } from '../../../lib/results/answers/sameFamily';
import { listText, relation } from '../../../lib/results/answers/sentences';
import { strongerTeacherAnswer } from '../../../lib/results/answers/strongerTeacher';
import { ckaText, studentCkaAnswer, studentSimilarity } from '../../../lib/results/answers/studentCka';
import { successorAnswer } from '../../../lib/results/answers/successors';
import { testClaims, type Finding } from '../../../lib/results/claims/findings';
import { pairsOf, readRows, recordedRows } from '../../../lib/results/tables/recordedRows';
import { chanceOfImages } from '../../../lib/results/gain';
import { experiments } from '../../../lib/experiments/experiments';
import { sampleRecord } from '../support';

const [first] = testClaims({ runs: [], similarities: [], exponent: 1.2 });
const finding = (changes: Partial<Finding>): Finding => ({ ...first!, ...changes });

test('relations have a sign in words, lists commas and an "and"', () => {
  assert.deepEqual(
    [relation(-0.756), relation(1.2), relation(-0.001)],
    ['0.76 points below', '1.20 points above', 'level with'],
  );
  assert.deepEqual([listText([]), listText(['a']), listText(['a', 'b', 'c'])], ['', 'a', 'a, b and c']);
});

test('same-family teachers: effect, baseline and conclusion', () => {
  const one = finding({
    effect: -0.76,
    seeds: 1,
    label: 'minus KD',
    comparisons: { recorded: 3, weighed: 3, required: 1 },
  });
  assert.equal(
    sameFamilyAnswer(one),
    'With teachers of the student’s own family, OFA is on average 0.76 points below the best baseline we ran ' +
      '(KD; 3 pairs, 1 seed). This does not decide the claim. A verdict needs at least 3 seeds.',
  );
  assert.equal(sameFamilyAnswer(finding({})), 'No run that bears on it is recorded yet.');
});

test('stronger teacher: effect and the accuracy of both teachers', () => {
  const { teacherTop1: _, ...unknown } = sampleRecord({ teacher: 'resnet_24' });
  const runs = [sampleRecord({ teacher: 'vit_96', teacherTop1: 47.6 }), unknown];
  const rows = recordedRows(['cross-family'], Object.values(experiments), []).map((row) => ({ ...row, runs }));
  const text = strongerTeacherAnswer(finding({ effect: 1, seeds: 3, low: 0.5, high: 1.5, verdict: 'holds' }), rows, {
    transformer: 'vit_96',
    cnn: 'resnet_24',
  });
  assert.match(text, /is 1\.00 points above .*95 % interval \[0\.50, 1\.50\], 3 seeds/);
  assert.match(text, /vit_96 47\.6 % and resnet_24 \(not recorded\)\. The claim holds in our records\.$/);
});

test('limits: the range over exponents by pair and form, both of which contain ε = 1', () => {
  const epsilon = recordedRows(['epsilon'], Object.values(experiments), []);
  const rows = epsilon.map((row) => {
    const exponent = Number(Reflect.get(row.recipe.method ?? {}, 'exponent'));
    return { ...row, runs: [sampleRecord({ top1: 30 - exponent })] };
  });
  const ranges = exponentRanges(rows);
  const cnn = ranges.find(({ pair, form }) => pair === 'resnet_24 → vit_64' && form === 'released')!;
  assert.deepEqual([cnn.best, cnn.seeds], [1, 1]);
  assert.ok(Math.abs(cnn.range - (cnn.worst - 1)) < 1e-9);
  const text = limitsAnswer(finding({ effect: 5.67, seeds: 1 }), ranges, rows, ['mixer_96']);
  assert.match(
    text,
    /^A CNN with a CNN teacher is 5\.67 points above .*up to \d\.\d\d points \(.*1 seed, of which some may be/,
  );
  assert.deepEqual(exponentRanges(epsilon), []);
});

test('a result is within or outside the tolerance of a published one', () => {
  assert.equal(
    anchorText(68.65, 69.06, 0.7),
    '68.65 %, 0.41 points below the published 69.06 %, within the tolerance of 0.7 points',
  );
  assert.match(anchorText(67, 69.06, 0.7), /outside/);
});

test('successors: the recorded difference of RSD to OFA', async () => {
  const rows = await readRows('data/results', 'cross-family');
  assert.match(
    successorAnswer(rows, pairsOf(rows), 'rsd'),
    /^RSD is on average \d+\.\d\d points above OFA over 6 pairs \(95 % interval \[.*\], 3 seeds\)\. By pair,/,
  );
  assert.match(successorAnswer(rows, pairsOf(rows), 'bkd'), /share no recorded seed/);
});

test('claims: counts by verdict', () => {
  const all = [
    finding({ claim: 1, verdict: 'holds' }),
    finding({ claim: 2, verdict: 'undecided at this scale' }),
    finding({ claim: 3, verdict: 'undecided at this scale' }),
  ];
  assert.equal(
    claimsAnswer(all, 7),
    'Of the paper’s 3 claims, 1 holds (1) and 2 are undecided at this scale (2, 3). 7 runs are recorded.',
  );
  assert.equal(claimLabel({ ...first!, claim: 2, text: 'Long claims stay whole.' }), '2. Long claims stay whole.');
});

test('cost: multiples of the step from scratch of the same pair', () => {
  const rows = ['a', 'b'].flatMap((pair, i) => [
    { pair, way: 'scratch', work: 10, memory: 100 },
    { pair, way: 'KD', work: 16 + i, memory: 120 },
  ]);
  assert.deepEqual(
    timesScratch(rows, 'work').map(({ times }) => times),
    [1, 1.6, 1, 1.7],
  );
  assert.match(costAnswer(rows, ['KD'], 1000), /KD takes 1\.6 to 1\.7 times the work \(memory: 1\.2 times\)\./);
});

test('CKA of students and across training', () => {
  const student = (name: string, teacher: number) => ({ name, teacher, scratch: 0.8 });
  assert.match(
    studentCkaAnswer('cnn', student('random', 0.4), student('scratch', 0.5), [student('kd', 0.6), student('ofa', 0.7)]),
    /with cnn is 0\.400 with random weights, 0\.500 .*, and 0\.600 for kd and 0\.700 for ofa\./,
  );
  const moments = [0.5, 1].map((cka, i) => ({
    images: 100 * i,
    end: [
      { layer: 'first', cka },
      { layer: 'last', cka },
    ],
    teacher: 0.3,
  }));
  assert.match(
    ckaAcrossTrainingAnswer(moments, 'cnn'),
    /mean CKA of 0\.50 with what they are after 100 images \(first 0\.50, last 0\.50\)/,
  );
});

test('summaries of CKA: equal layers, and the mean of the defined values', () => {
  const values = [
    [1, 0.2],
    [null, 0.5],
  ];
  assert.deepEqual(studentSimilarity('kd', { mean: 0.3, likeDepth: 0.4, best: 0.5 }, values), {
    name: 'kd',
    teacher: 0.3,
    equalDepth: 0.4,
    best: 0.5,
    scratch: 0.75,
  });
  const layers = { rows: ['a', 'b'], values };
  const { end, teacher } = momentSimilarity(64, layers, layers);
  assert.deepEqual(
    end.map(({ cka }) => cka),
    [1, 0.5],
  );
  assert.ok(Math.abs(teacher! - 1.7 / 3) < 1e-12);
  assert.equal(ckaText(null), 'undefined');
});

test('exits: early exit pays off only if it reaches the student at its cost', () => {
  const exits = (earlyTop1: number): StudentExits => ({
    name: 'vit',
    top1: [10, 30],
    earlyExit: [
      { cost: 5, top1: earlyTop1 },
      { cost: 20, top1: 40 },
    ],
  });
  assert.deepEqual([bestWithin(exits(12).earlyExit, 10), bestWithin(exits(12).earlyExit, 1)], [12, 0]);
  assert.match(branchAccuracyAnswer([exits(12)], 10, 1000), /10\.0 % for vit, whose own classifier reaches 30\.0 %/);
  assert.match(branchAccuracyAnswer([exits(12)], 10, 1000), /does not pay off: .* at most 12\.0 %/);
  assert.match(branchAccuracyAnswer([exits(31)], 10, 1000), /can pay off/);
  assert.equal(chanceOfExits([exits(12)], 1000), chanceOfImages([30, 30], 1000));
});

test('own method: a difference within the sampling error is not evidence', () => {
  const [a, b] = [
    { name: 'mine', top1: 3 },
    { name: 'KD', top1: 2.8 },
  ];
  assert.match(
    ownMethodAnswer(a, b, 500),
    /^mine reaches 3\.0 % and KD 2\.8 % .*±2\.1 points may be chance, so this one/,
  );
  assert.match(ownMethodAnswer({ ...a, top1: 30 }, b, 500), /other seeds would vary/);
});
