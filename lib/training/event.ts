import type { Measures } from './evaluation/measures';

/** One finished update. */
export interface StepEvent {
  readonly kind: 'step';
  /** Counted from 1. */
  readonly epoch: number;
  /** Step within the epoch, counted from 1. */
  readonly step: number;
  /** Number of steps of an epoch. */
  readonly steps: number;
  readonly loss: number;
  /** Every weighted part of the loss. */
  readonly parts: Readonly<Record<string, number>>;
  readonly learningRate: number;
}

/** One finished epoch: means over its steps, and measures if the recipe evaluates after it. */
export interface EpochEvent extends Partial<Measures> {
  readonly kind: 'epoch';
  readonly epoch: number;
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  /** Top-1 of the weights themselves, if the recipe evaluates their running average. */
  readonly top1Unaveraged?: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  /** Duration of the steps, without the evaluation. */
  readonly seconds: number;
  /** The share of `seconds` in which steps waited for their images. */
  readonly dataShare: number;
  /** True if the teacher's outputs came from a cache, so that `seconds` does not include them. */
  readonly teacherCached?: true;
  /** Number of images that could not be read since the run was started or resumed. Missing if all could be read. */
  readonly unreadable?: number;
}

export type TrainingEvent = StepEvent | EpochEvent;

/** The loss: the sum of its weighted parts. */
export function totalLoss(parts: Readonly<Record<string, number>>): number {
  return Object.values(parts).reduce((sum, value) => sum + value, 0);
}
