import type { Recipe } from './recipe';
import { learningRate } from './schedule';

type Scheduled = Pick<Recipe, 'schedule' | 'learningRate' | 'epochs'>;

/** Lists what in the schedule contradicts the length of the run or its learning rate, or has no effect. */
export function scheduleConflicts({ schedule, learningRate: rate, epochs }: Scheduled): string[] {
  const { warmupEpochs, warmupFrom, per } = schedule;
  const errors: string[] = [];
  if (warmupEpochs > epochs) {
    errors.push(
      `schedule.warmupEpochs: a warm-up of ${warmupEpochs} epochs is longer than the run (epochs: ${epochs})`,
    );
  }
  if (warmupFrom > rate) {
    errors.push(`schedule.warmupFrom: the warm-up starts at ${warmupFrom}, above the learningRate of ${rate}`);
  }
  if (warmupFrom > 0 && warmupEpochs === 0) {
    errors.push('schedule.warmupFrom: has no effect with warmupEpochs 0. Set warmupEpochs, or omit it');
  }
  if (schedule.kind === 'cosine' && schedule.min > rate) {
    errors.push(`schedule.min: the rate would end at ${schedule.min}, above the learningRate of ${rate}`);
  }
  if (schedule.kind === 'step') {
    if (schedule.at.some((epoch, index) => index > 0 && epoch <= schedule.at[index - 1]!)) {
      errors.push('schedule.at: is not in ascending order, or has an epoch twice');
    }
    if (schedule.at.length > 0 && schedule.factor === 1) {
      errors.push('schedule.factor: has no effect if it is 1. Use less than 1, or an empty list `at`');
    }
  }
  // The first epoch that can have another rate than its first step: the rate rises or falls monotonically within it.
  const times = Array.from({ length: Math.min(epochs, Math.floor(warmupEpochs) + 1) }, (_, epoch) => epoch);
  if (per === 'epoch' && times.every((time) => learningRate(schedule, rate, epochs, time) === 0)) {
    errors.push(
      'schedule.warmupFrom: the learning rate is 0 in every epoch, because it changes once an epoch. Set per to ' +
        '"step", or warmupFrom above 0',
    );
  }
  return errors;
}
