import { chanceOfImages } from '../gain';

/** The results of one short run of a student. */
export interface StudentResult {
  /** Final top-1 in per cent. */
  readonly top1: number;
  /** Mean CKA with the teacher over all pairs of layers; null if it is undefined. */
  readonly cka: number | null;
}

/** What does a network gain from a teacher in a short run, measured on `images` test images? */
export function ownNetworkAnswer(
  name: string,
  scratch: StudentResult,
  distilled: StudentResult,
  images: number,
): string {
  const chance = chanceOfImages([scratch.top1, distilled.top1], images);
  const difference = distilled.top1 - scratch.top1;
  const verdict =
    Math.abs(difference) <= chance
      ? `With ${images} test images the difference may be chance (±${chance.toFixed(1)} points).`
      : `This exceeds the chance of ${images} test images (±${chance.toFixed(1)} points); other seeds would vary, too.`;
  const similarity =
    scratch.cka === null || distilled.cka === null
      ? ''
      : ` Its mean CKA with the teacher is ${distilled.cka.toFixed(2)} with OFA and ` +
        `${scratch.cka.toFixed(2)} from scratch.`;
  return (
    `${name} reaches ${distilled.top1.toFixed(1)} % top-1 with OFA and ${scratch.top1.toFixed(1)} % from scratch. ` +
    verdict +
    similarity
  );
}
