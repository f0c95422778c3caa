import { test } from 'node:test';
import { learningRate, schedule } from '../../../lib/training/recipe/schedule';
import { expectClose } from '../../support/close';

const exact = { relative: 1e-9, absolute: 1e-15 };

test("cosine of the CNN recipe, epoch by epoch, as timm's scheduler", () => {
  const plan = schedule.parse({ kind: 'cosine', min: 1e-3, warmupEpochs: 3, warmupFrom: 1e-4 });
  const expected = {
    0: 1e-4,
    1: 1e-4 + 0.0499 / 3,
    2: 1e-4 + (2 * 0.0499) / 3,
    3: 0.04998791072896043,
    150: 0.0255,
    299: 0.0010013433505449525,
    300: 1e-3,
  };
  for (const [epoch, rate] of Object.entries(expected))
    expectClose(learningRate(plan, 0.05, 300, Number(epoch)), rate, exact, `epoch ${epoch}`);
});

test('cosine of the ViT recipe', () => {
  const plan = schedule.parse({ kind: 'cosine', min: 1e-5, warmupEpochs: 20, warmupFrom: 5e-7 });
  const expected = {
    0: 5e-7,
    1: 2.5475e-5,
    19: 0.000475025,
    20: 0.0004946461621797824,
    150: 0.000255,
    299: 1.0013433505449525e-5,
  };
  for (const [epoch, rate] of Object.entries(expected))
    expectClose(learningRate(plan, 5e-4, 300, Number(epoch)), rate, exact, `epoch ${epoch}`);
});

test('steps of the ImageNet recipe: a tenth every 30 epochs, after a warm-up of 3', () => {
  const plan = schedule.parse({ kind: 'step', at: [30, 60, 90], factor: 0.1, warmupEpochs: 3, warmupFrom: 1e-4 });
  const expected = {
    0: 1e-4,
    2: 1e-4 + (2 * 0.0999) / 3,
    3: 0.1,
    29: 0.1,
    30: 0.01,
    59: 0.01,
    60: 0.001,
    90: 1e-4,
    99: 1e-4,
  };
  for (const [epoch, rate] of Object.entries(expected))
    expectClose(learningRate(plan, 0.1, 100, Number(epoch)), rate, exact, `epoch ${epoch}`);
});

test('changes once an epoch by default, or at each step', () => {
  const plan = { kind: 'cosine', min: 0, warmupEpochs: 1 } as const;
  expectClose(learningRate(schedule.parse(plan), 1, 4, 2.75), 0.5, exact);
  const each = schedule.parse({ ...plan, per: 'step' });
  expectClose(learningRate(each, 1, 4, 0.25), 0.25, exact);
  expectClose(learningRate(each, 1, 4, 2.75), 0.5 * (1 + Math.cos((Math.PI * 2.75) / 4)), exact);
});
