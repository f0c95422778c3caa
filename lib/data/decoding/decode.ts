import { UserError } from '../../errors';
import type { ImageSize, Pixels } from '../image';
import { imageKernels, type ImageKernels } from '../kernels/imageKernels';
import type { ResizedCrop } from '../transforms/resizedCrop';
import type { DecoderProcesses } from './decoderProcesses';
import type { ImageHeader } from './headers/imageHeader';
import { parseWholeHeader } from './headers/parseHeader';
import { shrinksOnLoad } from './shrinksOnLoad';

/** Larger images are not decoded. At this limit the pixels take 300 MB. */
export const maxPixels = 1e8;
/** Progressive JPEGs with more scans are not decoded: each scan passes over the whole image, however small it is. */
const maxScans = 100;

/**
 * Decodes a JPEG, PNG, WebP, TIFF or PNM and takes the crop that `chooseCrop` returns for its size. As with PIL's
 * `open(…).convert('RGB')`, colour profiles are not applied, transparency is dropped, and the camera's orientation is
 * applied in TIFFs only. docs/inputs.md lists what differs from Pillow on purpose.
 *
 * With the image kernels, a JPEG is decoded byte for byte as in Pillow, and only the part that the crop needs. Decoder
 * processes decode everything else: other formats, CMYK, large images that are reduced much, and JPEGs with errors,
 * which libvips describes. Throws a UserError for an image that is truncated, damaged, of another kind, larger than
 * `maxPixels`, or that takes too much time or memory.
 */
export async function decode(
  bytes: Buffer,
  chooseCrop: (size: ImageSize) => ResizedCrop,
  processes: DecoderProcesses,
): Promise<Pixels> {
  const header = parseWholeHeader(bytes);
  checkLimits(bytes, header);
  // Called once, because it may draw random numbers.
  const crop = chooseCrop(header);
  const kernels = imageKernels();
  const pixels = kernels && isForKernels(bytes, header, crop) && (await decodeJpegCrop(kernels, bytes, crop));
  return pixels || processes.decode(bytes, header, crop);
}

function checkLimits(bytes: Buffer, { width, height, format }: ImageHeader): void {
  if (width * height > maxPixels) throw new UserError(`it has more than ${maxPixels / 1e6} million pixels`);
  if (format !== 'JPEG') return;
  let scans = 0;
  for (let at = bytes.indexOf(startOfScan); at >= 0 && scans <= maxScans; at = bytes.indexOf(startOfScan, at + 2))
    scans++;
  if (scans > maxScans) throw new UserError(`it is a JPEG of more than ${maxScans} scans; save it again with fewer`);
}

const startOfScan = Buffer.of(0xff, 0xda);

/** libjpeg decodes incomplete JPEGs with grey areas, and CMYK is converted by the decoder processes. */
function isForKernels(bytes: Buffer, header: ImageHeader, crop: ResizedCrop): boolean {
  const { format, colour } = header;
  const isComplete = bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9;
  return format === 'JPEG' && colour !== 'cmyk' && isComplete && !shrinksOnLoad(header, crop);
}

async function decodeJpegCrop(
  kernels: ImageKernels,
  bytes: Uint8Array,
  { box, size, filter, window = { left: 0, top: 0, ...size } }: ResizedCrop,
): Promise<Pixels | undefined> {
  const crop = Int32Array.of(
    ...[box.left, box.top, box.width, box.height],
    ...[size.width, size.height],
    ...[window.left, window.top, window.width, window.height],
    filter === 'bicubic' ? 1 : 0,
  );
  const data = await kernels.decodeJpegCrop(bytes, crop);
  return data && { data, width: window.width, height: window.height };
}
