import type { Normalisation } from '../data/images/normalisation';
import type { RunRecord } from './records/record';

/** What a network costs. */
export interface Cost {
  readonly network: string;
  readonly parameters: number;
  /** Of one image; absent where the engine does not tell them. */
  readonly multiplyAdds?: number;
  /** Median of a forward pass of one image on the machine of the record, in milliseconds. */
  readonly latency: number;
}

/** What a student has gained from a teacher: the same student with and without it, and what each network costs. */
export interface Gain {
  readonly distilled: RunRecord;
  readonly scratch: RunRecord;
  /** Without branches, as it is saved. */
  readonly student: Cost;
  /** What the method adds in training: parameters, and multiply-adds of an image on its way forward. */
  readonly methodParameters: number;
  readonly methodMultiplyAdds?: number;
  readonly teacher: Cost & { readonly top1: number; readonly weights: string };
  readonly classes: number;
  readonly trainImages: number;
  readonly validationImages: number;
  readonly imageSize: number;
  /** Of the images that teacher and student have seen. */
  readonly normalisation: Normalisation;
}

/** Points of top-1 that the student has gained. */
export function gainedPoints({ distilled, scratch }: Pick<Gain, 'distilled' | 'scratch'>): number {
  return distilled.top1 - scratch.top1;
}

/** Half of the 95 % interval of a difference of two shares, in points, as if the images were other ones each time. */
export function chance({ distilled, scratch, validationImages }: Gain): number {
  const variance = (top1: number): number => (top1 / 100) * (1 - top1 / 100);
  return 100 * 1.96 * Math.sqrt((variance(distilled.top1) + variance(scratch.top1)) / validationImages);
}

/** The answer in two sentences, with as much certainty as there is. */
export function verdict(gain: Gain): string {
  const { student, teacher, distilled, scratch, validationImages } = gain;
  const points = gainedPoints(gain);
  const bound = chance(gain);
  const change = `${Math.abs(points).toFixed(2)} points of top-1`;
  const text =
    points === 0
      ? 'The teacher changed nothing: both trainings reached the same top-1.'
      : `Taught by ${teacher.network}, ${student.network} ${points > 0 ? 'gained' : 'lost'} ${change}: ${distilled.top1.toFixed(2)} % instead of ${scratch.top1.toFixed(2)} % alone.`;
  const caution =
    Math.abs(points) <= bound
      ? `With ${validationImages} validation images, differences of up to ±${bound.toFixed(1)} points may be chance: this one is no evidence.`
      : `With ${validationImages} validation images, chance alone makes differences of up to ±${bound.toFixed(1)} points; other seeds would add to that.`;
  return `${text} ${caution}`;
}
