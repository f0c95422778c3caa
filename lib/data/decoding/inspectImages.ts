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
  /** The indices of images by a hash of their first bytes. */
  readonly starts: ReadonlyMap<string, readonly number[]>;
}

/** Of larger datasets, this many images are read. */
const maxImages = 10_000;
/** Most headers are within these first bytes of a file. */
const startBytes = 1 << 16;

/** Reads the headers of the images. Nothing is decoded. */
export async function inspectImages(dataset: FileDataset): Promise<ImageSummary> {
  const count = Math.min(dataset.count, maxImages);
  const indices = Array.from({ length: count }, (_, i) => Math.floor((i * dataset.count) / count));
  const starts = new Map<string, number[]>();
  const headers = await mapConcurrently(indices, 8, async (index) => {
    try {
      const start = await readImage(dataset, index, startBytes);
      const hash = hashOf(start);
      starts.set(hash, [...(starts.get(hash) ?? []), index]);
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

/** The number of images of the second dataset whose content is also in the first, among those that were read. */
export async function countCommonImages(
  first: readonly [dataset: FileDataset, summary: ImageSummary],
  second: readonly [dataset: FileDataset, summary: ImageSummary],
): Promise<number> {
  const candidates = [...second[1].starts].flatMap(([hash, indices]) => {
    const others = first[1].starts.get(hash);
    return others === undefined ? [] : indices.map((index) => ({ index, others }));
  });
  return countEqual(candidates, second[0], first[0]);
}

/** The number of images whose content is also that of an image of another class, among those that were read. */
export async function countContradictions(dataset: FileDataset, { starts }: ImageSummary): Promise<number> {
  const { labels } = dataset;
  const candidates = [...starts.values()].flatMap((indices) =>
    indices.map((index) => ({ index, others: indices.filter((other) => labels[other] !== labels[index]) })),
  );
  return countEqual(candidates, dataset, dataset);
}

/** The number of images whose bytes are those of one of the others, which are in another dataset. */
async function countEqual(
  candidates: readonly { readonly index: number; readonly others: readonly number[] }[],
  dataset: FileDataset,
  otherDataset: FileDataset,
): Promise<number> {
  const possible = candidates.filter(({ others }) => others.length > 0);
  const areEqual = await mapConcurrently(possible, 8, async ({ index, others }) => {
    const bytes = await readImage(dataset, index);
    for (const other of others) if (bytes.equals(await readImage(otherDataset, other))) return true;
    return false;
  });
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
