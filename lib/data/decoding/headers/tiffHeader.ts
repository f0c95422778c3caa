import { UserError } from '../../../errors';
import type { Colour, ImageHeader } from './imageHeader';
import { tiffDirectory, tiffTags } from './tiffTags';

/** Compressions that are decoded. Each value of the tag is from libtiff's list. */
const compressions: Readonly<Record<number, string>> = {
  1: 'none',
  2: 'CCITT RLE',
  3: 'CCITT Group 3',
  4: 'CCITT Group 4',
  5: 'LZW',
  7: 'JPEG',
  8: 'deflate',
  32773: 'PackBits',
  32946: 'deflate',
};
const otherCompressions: Readonly<Record<number, string>> = {
  6: 'old-style JPEG',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34925: 'LZMA',
  50000: 'ZSTD',
  50001: 'WebP',
  50002: 'JPEG XL',
};

/**
 * Reads the header of the first image of a TIFF. Throws a UserError for a layout that is not decoded as Pillow does,
 * with the format to convert it to.
 */
export function tiffHeader(bytes: Buffer): ImageHeader {
  const directory = tiffDirectory(bytes);
  const first = (tag: number, fallback: number): number => directory.numbers(tag)?.[0] ?? fallback;
  const [width, height] = [first(tiffTags.width, 0), first(tiffTags.height, 0)];
  if (width * height === 0) throw new UserError(`it is damaged (a TIFF of ${width} × ${height} pixels)`);
  const compression = first(tiffTags.compression, 1);
  if (compressions[compression] === undefined) {
    const name = otherCompressions[compression] ?? `number ${compression}`;
    throw new UserError(`its TIFF compression (${name}) is not supported; convert it to a TIFF with LZW, or to a PNG`);
  }
  const samples = first(tiffTags.samples, 1);
  if (samples > 1 && first(tiffTags.planes, 1) === 2 && directory.numbers(tiffTags.tileWidth))
    throw new UserError('it is a TIFF of tiles with separate planes, which is not supported; convert it to a PNG');
  const bits = directory.numbers(tiffTags.bits) ?? [1];
  const depth = bits[0]!;
  const photometricAt = directory.position(tiffTags.photometric);
  if (photometricAt === undefined)
    throw new UserError('it is a TIFF without PhotometricInterpretation; convert it to a PNG');
  const layout: Layout = {
    photometric: first(tiffTags.photometric, 0),
    depth: bits.every((each) => each === depth) ? depth : NaN,
    samples,
    extra: directory.numbers(tiffTags.extraSamples) ?? [],
    format: first(tiffTags.sampleFormat, 1),
    isJpeg: compression === 7,
    isSubsampled: (directory.numbers(tiffTags.subsampling) ?? [2, 2]).some((factor) => factor !== 1),
  };
  const colour = colourOf(layout);
  const orientation = first(tiffTags.orientation, 1);
  const isTurned = orientation >= 5 && orientation <= 8;
  const range = layout.format === 3 ? statedRange(directory.numbers.bind(directory)) : undefined;
  return {
    format: 'TIFF',
    ...(isTurned ? { width: height, height: width } : { width, height }),
    depth,
    colour,
    tiff: {
      orientation,
      ...(range && { range }),
      photometricAt,
      isLittleEndian: directory.isLittleEndian,
    },
  };
}

interface Layout {
  readonly photometric: number;
  readonly depth: number;
  readonly samples: number;
  readonly extra: readonly number[];
  readonly format: number;
  readonly isJpeg: boolean;
  readonly isSubsampled: boolean;
}

/** Throws a UserError if the samples are not in a layout that is decoded. */
function colourOf(layout: Layout): Colour {
  const { photometric, depth, samples, extra, format, isJpeg, isSubsampled } = layout;
  const isOf = (counts: readonly number[], depths: readonly number[], wantedFormat = 1): boolean =>
    counts.includes(samples) && depths.includes(depth) && format === wantedFormat && extra.length <= 1;
  if ((photometric === 0 || photometric === 1) && isOf([1], [1, 2, 4, 8, 16])) return 'grey';
  if ((photometric === 0 || photometric === 1) && isOf([2], [8, 16])) return 'grey';
  if ((photometric === 0 || photometric === 1) && isOf([1], [32], 3)) return 'grey';
  if (photometric === 2 && isOf([3, 4], [8, 16])) return 'rgb';
  if (photometric === 3 && isOf([1], [1, 2, 4, 8])) return 'palette';
  if (photometric === 5 && isOf([4], [8])) return 'cmyk';
  if (photometric === 6 && isOf([3], [8]) && isJpeg) return 'rgb';
  if (photometric === 6 && isOf([3], [8]) && !isSubsampled) return 'ycbcr';
  if (photometric === 8 && isOf([3], [8]) && !isJpeg) return 'lab';
  const kind = { 1: 'unsigned', 2: 'signed', 3: 'floating-point', 4: 'untyped' }[format] ?? 'complex';
  throw new UserError(
    `it is a TIFF of ${samples} ${kind} samples of ${depth} bits with PhotometricInterpretation ${photometric}, ` +
      'which is not supported; convert it to a PNG or TIFF of 8 or 16 bits in grey or RGB',
  );
}

/** The tags SMinSampleValue and SMaxSampleValue, without which the brightness of floats is unknown. */
function statedRange(numbers: (tag: number) => readonly number[] | undefined): readonly [number, number] {
  const [min, max] = [numbers(tiffTags.minimum)?.[0], numbers(tiffTags.maximum)?.[0]];
  if (min !== undefined && max !== undefined && Number.isFinite(min) && Number.isFinite(max) && min < max)
    return [min, max];
  throw new UserError(
    'it is a TIFF of floats without the tags SMinSampleValue and SMaxSampleValue, so that black and white are ' +
      'unknown; add them, or convert it to 8 or 16 bits',
  );
}
