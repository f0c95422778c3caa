import { UserError } from '../../../errors';
import { IncompleteHeaderError, type ImageHeader } from './imageHeader';
import { jpegHeader } from './jpegHeader';
import { pngHeader } from './pngHeader';
import { pnmHeader } from './pnmHeader';
import { tiffHeader } from './tiffHeader';
import { webpHeader } from './webpHeader';

/**
 * Reads the header of an image, whose format is known by its first bytes and not by its name. Throws a UserError for
 * damaged headers and for formats and kinds that are not supported, and an IncompleteHeaderError if the header
 * continues after these bytes.
 */
export function parseHeader(bytes: Buffer): ImageHeader {
  const start = bytes.toString('latin1', 0, 16);
  if (start.startsWith('\xff\xd8')) return jpegHeader(bytes);
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return pngHeader(bytes);
  if (/^RIFF[^]{4}WEBP/.test(start)) return webpHeader(bytes);
  if (/^(II[*+]\0|MM\0[*+])/.test(start)) return tiffHeader(bytes);
  if (/^P[1-6][\s#]/.test(start)) return pnmHeader(bytes);
  const [, kind] = foreign.find(([pattern]) => pattern.test(bytes.toString('latin1', 0, 200))) ?? [];
  if (kind !== undefined) throw new UserError(`it is ${kind}; convert it to a JPEG or PNG`);
  throw new UserError(bytes.length === 0 ? 'it is empty' : 'it is not an image of a known format');
}

/** `parseHeader` for a whole file, of which no further bytes follow. */
export function parseWholeHeader(bytes: Buffer): ImageHeader {
  try {
    return parseHeader(bytes);
  } catch (error) {
    if (error instanceof IncompleteHeaderError) throw new UserError('it is damaged (its header ends too early)');
    throw error;
  }
}

/** Other contents that files with the extension of an image often have. */
const foreign: readonly (readonly [start: RegExp, kind: string])[] = [
  [/^GIF8/, 'a GIF'],
  [/^BM/, 'a BMP'],
  [/^.{4}ftyp(avif|avis)/s, 'an AVIF'],
  [/^.{4}ftyp(heic|heix|mif1|msf1)/s, 'a HEIC'],
  [/^(.{4}jP|\xff\x4f\xff\x51)/s, 'a JPEG 2000'],
  [/^(\xff\x0a|.{4}JXL )/s, 'a JPEG XL'],
  [/^%PDF/, 'a PDF'],
  [/^8BPS/, 'a Photoshop file'],
  [/^\s*<(svg|\?xml)/i, 'an SVG or XML file'],
  [/^\s*<(!doctype html|html)/i, 'a web page, as servers send it in place of an image that is missing'],
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS and not the image itself (git lfs pull)'],
];
