import type { Measures } from './evaluation/measures';

/** One update, as it happened. */
export interface StepEvent {
  readonly kind: 'step';
  /** Epoch and step within it, counted from 1, and the number of steps of an epoch. */
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** Every part of the loss by name, weighted. */
  readonly parts: Readonly<Record<string, number>>;
  readonly learningRate: number;
}

/** One epoch: means over its steps, and the measures after it where it was evaluated. */
export interface EpochEvent extends Partial<Measures> {
  readonly kind: 'epoch';
  readonly epoch: number;
  readonly loss: number;
  readonly parts: Readonly<Record<string, number>>;
  /** Top-1 of the weights themselves, where the recipe evaluates their running average. */
  readonly top1Unaveraged?: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  /** Of its steps, without the evaluation. */
  readonly seconds: number;
  /** The share of these seconds in which the step waited for its images. */
  readonly dataShare: number;
  /** Where an earlier run had asked the teacher for what it says of this epoch's images, which took none of these seconds. */
  readonly teacherCached?: true;
  /** Images that could not be read since the run was taken up; absent where all could. */
  readonly unreadable?: number;
}

export type TrainingEvent = StepEvent | EpochEvent;
