import { UserError } from '../../../errors';
import { HeaderBytes } from './bytes';
import { IncompleteHeaderError, type ImageHeader } from './imageHeader';

/** Reads the header of a JPEG up to its frame. Throws a UserError for kinds that libjpeg does not decode. */
export function jpegHeader(bytes: Buffer): ImageHeader {
  const header = new HeaderBytes(bytes);
  for (let at = 2; ;) {
    // Bytes before a marker are skipped, as libjpeg does.
    at = bytes.indexOf(0xff, at);
    if (at < 0) throw new IncompleteHeaderError();
    while (header.integer(at + 1, 1) === 0xff) at++;
    const marker = header.integer(at + 1, 1);
    if (marker === 0xd9 || marker === 0xda) throw new UserError('it is damaged (a JPEG without a frame header)');
    if (isFrame(marker)) return frame(header, at + 2, marker);
    const hasLength = marker !== 0 && marker !== 1 && !(marker >= 0xd0 && marker <= 0xd8);
    at += 2 + (hasLength ? Math.max(2, header.integer(at + 2, 2)) : 0);
  }
}

/** Whether a marker is one of SOF0 to SOF15; C4, C8 and CC have other meanings. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function frame(header: HeaderBytes, at: number, marker: number): ImageHeader {
  const [depth, height, width, components] = [
    header.integer(at + 2, 1),
    header.integer(at + 3, 2),
    header.integer(at + 5, 2),
    header.integer(at + 7, 1),
  ];
  // Sequential, extended and progressive; the last two also with arithmetic coding.
  if (![0xc0, 0xc1, 0xc2, 0xc9, 0xca].includes(marker) || depth !== 8) {
    throw new UserError('it is a lossless, hierarchical or 12-bit JPEG, which is not supported; convert it to a PNG');
  }
  const colour = ({ 1: 'grey', 3: 'rgb', 4: 'cmyk' } as const)[components];
  if (colour === undefined || width * height === 0) {
    throw new UserError(`it is damaged (a JPEG of ${width} × ${height} pixels with ${components} components)`);
  }
  return { format: 'JPEG', width, height, depth, colour };
}
