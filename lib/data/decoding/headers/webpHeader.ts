import { UserError } from '../../../errors';
import { HeaderBytes } from './bytes';
import type { ImageHeader } from './imageHeader';

/** Reads the header of a WebP image: lossy (VP8), lossless (VP8L) or extended (VP8X). */
export function webpHeader(bytes: Buffer): ImageHeader {
  const header = new HeaderBytes(bytes, true);
  const [width, height] = size(header);
  return { format: 'WebP', width, height, depth: 8, colour: 'rgb' };
}

function size(header: HeaderBytes): readonly [width: number, height: number] {
  switch (header.text(12, 4)) {
    case 'VP8X':
      return [header.integer(24, 3) + 1, header.integer(27, 3) + 1];
    case 'VP8 ':
      return [header.integer(26, 2) & 0x3fff, header.integer(28, 2) & 0x3fff];
    case 'VP8L': {
      const bits = header.integer(21, 4);
      return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
    }
    default:
      throw new UserError('it is damaged (a WebP image of an unknown kind)');
  }
}
