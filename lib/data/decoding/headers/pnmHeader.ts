import { UserError } from '../../../errors';
import { IncompleteHeaderError, type ImageHeader } from './imageHeader';

export interface PnmHeader extends ImageHeader {
  readonly format: 'PNM';
  /** Bits (0 is white), or values as text, or values in one or two bytes. */
  readonly coding: 'bits' | 'text' | 'text bits' | 'bytes';
  readonly channels: 1 | 3;
  /** The value that is white. */
  readonly maximum: number;
  /** The first byte of the pixels. */
  readonly start: number;
}

/** Reads the header of a PBM, PGM or PPM image (P1 to P6). */
export function pnmHeader(bytes: Buffer): PnmHeader {
  const kind = bytes[1]! - 0x30;
  const isBits = kind === 1 || kind === 4;
  const text = bytes.toString('latin1', 2, Math.min(bytes.length, 10_000));
  const numbers: number[] = [];
  // White space and comments precede each number, and one white space follows the last one.
  const number = /(?:\s|#[^\n\r]*[\n\r])+(\d+)/y;
  for (let match; numbers.length < (isBits ? 2 : 3) && (match = number.exec(text));) numbers.push(Number(match[1]));
  const end = number.lastIndex;
  const [width = 0, height = 0, maximum = 1] = numbers;
  if (numbers.length < (isBits ? 2 : 3) || end >= text.length) throw new IncompleteHeaderError();
  if (width * height === 0 || maximum === 0 || maximum > 65_535) {
    throw new UserError(`it is damaged (a PNM image of ${width} × ${height} pixels with the maximum ${maximum})`);
  }
  const channels = kind === 3 || kind === 6 ? 3 : 1;
  return {
    format: 'PNM',
    width,
    height,
    depth: isBits ? 1 : maximum > 255 ? 16 : 8,
    colour: channels === 3 ? 'rgb' : 'grey',
    coding: kind === 1 ? 'text bits' : kind === 4 ? 'bits' : kind < 4 ? 'text' : 'bytes',
    channels,
    maximum,
    start: 2 + end + (kind < 4 ? 0 : 1),
  };
}
