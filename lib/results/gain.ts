import type { Normalisation } from '../data/datasets/normalisation';
import type { RunRecord } from './records/record';

/** Size and speed of a network. */
export interface Cost {
  readonly network: string;
  readonly parameters: number;
  /** Per image; omitted if the engine does not report them. */
  readonly multiplyAdds?: number;
  /** Median time of a forward pass of one image on the machine of the record, in milliseconds. */
  readonly latency: number;
}

/** The same student trained with and without a teacher, and the cost of each network. */
export interface Gain {
  readonly distilled: RunRecord;
  readonly scratch: RunRecord;
  /** As saved, without branches. */
  readonly student: Cost;
  /** What the method adds during training: parameters, and multiply-adds per image of the forward pass. */
  readonly methodParameters: number;
  readonly methodMultiplyAdds?: number;
  readonly teacher: Cost & { readonly top1: number; readonly weights: string };
  readonly classes: number;
  readonly trainImages: number;
  readonly validationImages: number;
  readonly imageSize: number;
  /** Normalisation of the images for both networks. */
  readonly normalisation: Normalisation;
}

/** Top-1 of the distilled student minus that of the student from scratch, in points. */
export function gainedPoints({ distilled, scratch }: Pick<Gain, 'distilled' | 'scratch'>): number {
  return distilled.top1 - scratch.top1;
}

/**
 * Half the width of the 95 % interval of a difference of two accuracies (in per cent) that were each measured on
 * `images` images, in points: the sampling error of the images, for independent samples. One right and one wrong image
 * are added to each sample (Agresti and Caffo 2000), so that few images without a mistake do not seem exact.
 */
export function chanceOfImages([a, b]: readonly [number, number], images: number): number {
  const variance = (top1: number): number => {
    const share = ((top1 / 100) * images + 1) / (images + 2);
    return (share * (1 - share)) / (images + 2);
  };
  return 100 * 1.96 * Math.sqrt(variance(a) + variance(b));
}

/** `chanceOfImages` for a gain. */
export function chance({ distilled, scratch, validationImages }: Gain): number {
  return chanceOfImages([distilled.top1, scratch.top1], validationImages);
}

/** The result in two sentences: the gain, and whether it exceeds the sampling error. */
export function verdict(gain: Gain): string {
  const { student, teacher, distilled, scratch, validationImages } = gain;
  const points = gainedPoints(gain);
  const bound = `up to ±${chance(gain).toFixed(1)} points`;
  const change = `${points > 0 ? 'gained' : 'lost'} ${Math.abs(points).toFixed(2)} points of top-1`;
  const levels = `${distilled.top1.toFixed(2)} % instead of ${scratch.top1.toFixed(2)} % from scratch`;
  const result =
    points === 0
      ? 'Distillation changed nothing: both runs reached the same top-1.'
      : `With ${teacher.network} as its teacher, ${student.network} ${change}: ${levels}.`;
  const caution =
    Math.abs(points) <= chance(gain)
      ? `differences of ${bound} may be chance, so this one is not evidence.`
      : `chance explains only differences of ${bound}; other seeds would vary, too.`;
  return `${result} With ${validationImages} validation images, ${caution}`;
}
