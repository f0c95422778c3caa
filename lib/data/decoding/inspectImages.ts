import { createHash } from 'node:crypto';
import { UserError } from '../../errors';
import { mapConcurrently } from '../../io/mapConcurrently';
import type { FileDataset } from '../datasets/dataset';
import { readImage } from '../datasets/imageFile';
import { IncompleteHeaderError, type ImageHeader } from './headers/imageHeader';
import { parseHeader, parseWholeHeader } from './headers/parseHeader';

/** What the headers of a dataset's images state. */
export interface ImageSummary {
  /** Number of images that were read: all, or an even selection of a large dataset. */
  readonly count: number;
  readonly headers: readonly ImageHeader[];
  /** Number of images whose header cannot be read. */
  readonly unreadable: number;
  /** The index of an image by a hash of its first bytes. */
  readonly starts: ReadonlyMap<string, number>;
}

/** Of larger datasets, this many images are read. */
const maxImages = 10_000;
/** Most headers are within these first bytes of a file. */
const startBytes = 1 << 16;

/** Reads the headers of the images. Nothing is decoded. */
export async function inspectImages(dataset: FileDataset): Promise<ImageSummary> {
  const count = Math.min(dataset.count, maxImages);
  const indices = Array.from({ length: count }, (_, i) => Math.floor((i * dataset.count) / count));
  const starts = new Map<string, number>();
  const headers = await mapConcurrently(indices, 8, async (index) => {
    try {
      const start = await readImage(dataset, index, startBytes);
      starts.set(hashOf(start), index);
      return await headerOf(dataset, index, start);
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  });
  const readable = headers.flatMap((header) => header ?? []);
  return { count, headers: readable, unreadable: count - readable.length, starts };
}

/** For example "32 × 32 to 640 × 480 pixels, 8 bits". */
export function describeHeaders({ headers, unreadable }: ImageSummary): string {
  const byArea = [...headers].sort((a, b) => a.width * a.height - b.width * b.height);
  const [smallest, largest] = [byArea[0], byArea.at(-1)].map(
    (header) => header && `${header.width} × ${header.height}`,
  );
  const depths = [...new Set(headers.map(({ depth }) => depth))].sort((a, b) => a - b);
  return [
    ...(smallest === undefined ? [] : [`${smallest === largest ? smallest : `${smallest} to ${largest}`} pixels`]),
    ...(depths.length === 0 ? [] : [`${depths.join(', ')} bits`]),
    ...(unreadable === 0 ? [] : [`${unreadable} unreadable`]),
  ].join(', ');
}

/** The number of images of one dataset whose content is also in the other one, among those that were read. */
export async function countCommonImages(
  first: readonly [dataset: FileDataset, summary: ImageSummary],
  second: readonly [dataset: FileDataset, summary: ImageSummary],
): Promise<number> {
  const candidates = [...second[1].starts].flatMap(([hash, index]) => {
    const other = first[1].starts.get(hash);
    return other === undefined ? [] : [[other, index] as const];
  });
  const areEqual = await mapConcurrently(candidates, 8, async ([one, two]) =>
    (await readImage(first[0], one)).equals(await readImage(second[0], two)),
  );
  return areEqual.filter(Boolean).length;
}

async function headerOf(dataset: FileDataset, index: number, start: Buffer): Promise<ImageHeader> {
  try {
    return parseHeader(start);
  } catch (error) {
    if (!(error instanceof IncompleteHeaderError)) throw error;
    return parseWholeHeader(start.length < startBytes ? start : await readImage(dataset, index));
  }
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}
