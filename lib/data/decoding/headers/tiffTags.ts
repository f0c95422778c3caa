import { UserError } from '../../../errors';
import { HeaderBytes } from './bytes';

/** The tags of the first image of a TIFF that lib/data reads. */
export const tiffTags = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  orientation: 274,
  samples: 277,
  planes: 284,
  predictor: 317,
  tileWidth: 322,
  extraSamples: 338,
  sampleFormat: 339,
  minimum: 340,
  maximum: 341,
  subsampling: 530,
} as const;

export interface TiffDirectory {
  readonly isLittleEndian: boolean;
  /** The numbers of a tag; undefined if the tag is missing. */
  numbers(tag: number): readonly number[] | undefined;
  /** The position of the first value of a tag. */
  position(tag: number): number | undefined;
}

/** Bytes of one value of each type. */
const typeBytes: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 11: 4, 12: 8, 16: 8 };
/** More values are not read: those tags have one for each channel. */
const maxValues = 16;

/** Reads the first directory of a TIFF or BigTIFF. */
export function tiffDirectory(bytes: Buffer): TiffDirectory {
  const isLittleEndian = bytes[0] === 0x49;
  const header = new HeaderBytes(bytes, isLittleEndian);
  const isBig = header.integer(2, 2) === 43;
  // Six bytes of a position are enough for any file that is read.
  const offset = (at: number): number =>
    isBig ? header.integer(isLittleEndian ? at : at + 2, 6) : header.integer(at, 4);
  const start = offset(isBig ? 8 : 4);
  const [countBytes, entryBytes, inlineBytes] = isBig ? [8, 20, 8] : [2, 12, 4];
  const count = isBig ? offset(start) : header.integer(start, 2);
  if (count > 4096) throw new UserError('it is damaged (a TIFF with an invalid directory)');
  const entries = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const at = start + countBytes + i * entryBytes;
    entries.set(header.integer(at, 2), at);
  }
  const locate = (tag: number) => {
    const at = entries.get(tag);
    if (at === undefined) return undefined;
    const type = header.integer(at + 2, 2);
    const values = Math.min(maxValues, isBig ? offset(at + 4) : header.integer(at + 4, 4));
    const valueBytes = typeBytes[type];
    if (valueBytes === undefined || values === 0) return undefined;
    const inline = at + 4 + inlineBytes;
    return { type, values, valueBytes, first: values * valueBytes <= inlineBytes ? inline : offset(inline) };
  };
  return {
    isLittleEndian,
    position: (tag) => locate(tag)?.first,
    numbers: (tag) => {
      const place = locate(tag);
      return place && Array.from({ length: place.values }, (_, i) => value(header, place.first, i, place));
    },
  };
}

function value(
  header: HeaderBytes,
  first: number,
  index: number,
  { type, valueBytes }: { readonly type: number; readonly valueBytes: number },
): number {
  const at = first + index * valueBytes;
  if (type !== 11 && type !== 12) return header.integer(at, Math.min(valueBytes, 6));
  const view = Buffer.from(header.text(at, valueBytes), 'latin1');
  const isLittleEndian = header.isLittleEndian;
  if (type === 11) return isLittleEndian ? view.readFloatLE() : view.readFloatBE();
  return isLittleEndian ? view.readDoubleLE() : view.readDoubleBE();
}
