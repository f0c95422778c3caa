import { UserError } from '../../../errors';
import { HeaderBytes } from './bytes';
import type { Colour, ImageHeader } from './imageHeader';

/** The colour of each colour type, and the bits that its samples may have (PNG specification, table 11.1). */
const colourTypes: Readonly<Record<number, readonly [colour: Colour, depths: readonly number[]]>> = {
  0: ['grey', [1, 2, 4, 8, 16]],
  2: ['rgb', [8, 16]],
  3: ['palette', [1, 2, 4, 8]],
  4: ['grey', [8, 16]],
  6: ['rgb', [8, 16]],
};

/** Reads the header of a PNG. */
export function pngHeader(bytes: Buffer): ImageHeader {
  const header = new HeaderBytes(bytes);
  const [width, height] = [header.integer(16, 4), header.integer(20, 4)];
  const [depth, type] = [header.integer(24, 1), header.integer(25, 1)];
  const [colour, depths] = colourTypes[type] ?? [];
  if (header.text(12, 4) !== 'IHDR' || !colour || !depths?.includes(depth) || width * height === 0) {
    throw new UserError('it is damaged (a PNG with an invalid header)');
  }
  return { format: 'PNG', width, height, depth, colour };
}
