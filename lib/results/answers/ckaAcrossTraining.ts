import { meanOf } from '../statistics/summary';

/** The similarity of a student at one moment of its training. */
export interface MomentSimilarity {
  readonly images: number;
  /** CKA of each layer with the same layer at the end, by layer name. */
  readonly end: readonly { readonly layer: string; readonly cka: number }[];
  /** Mean CKA over all pairs of layers of student and teacher; null if undefined. */
  readonly teacher: number | null;
}

/** A matrix of CKA values, one row per layer of the student. */
interface LayerSimilarities {
  readonly rows: readonly string[];
  readonly values: readonly (readonly (number | null)[])[];
}

/** Summarises one moment: each layer with the same layer at the end, and all layers with the teacher's. */
export function momentSimilarity(images: number, end: LayerSimilarities, teacher: LayerSimilarities): MomentSimilarity {
  const defined = teacher.values.flat().filter((value): value is number => value !== null);
  return {
    images,
    end: end.rows.map((layer, k) => ({ layer, cka: end.values[k]?.[k] ?? 0 })),
    teacher: defined.length === 0 ? null : meanOf(defined),
  };
}

/** When do a student's layers take their final form? `moments` run from before training to its end. */
export function ckaAcrossTrainingAnswer(moments: readonly MomentSimilarity[], teacher: string): string {
  const [first, last] = [moments[0]!, moments[moments.length - 1]!];
  const [bottom, top] = [first.end[0]!, first.end[first.end.length - 1]!];
  return (
    `Even before training, the layers have a mean CKA of ${meanOf(first.end.map(({ cka }) => cka)).toFixed(2)} with ` +
    `what they are after ${last.images} images (${bottom.layer} ${bottom.cka.toFixed(2)}, ${top.layer} ` +
    `${top.cka.toFixed(2)}). Their mean CKA with ${teacher} goes from ${first.teacher?.toFixed(2)} to ` +
    `${last.teacher?.toFixed(2)}. This is one short run; longer ones may differ.`
  );
}
