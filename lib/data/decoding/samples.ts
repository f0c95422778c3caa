import sharp, { type Sharp } from 'sharp';
import { UserError } from '../../errors';
import type { Pixels } from '../image';
import { cmykToRgb, labToRgb, ycbcrToRgb, type PixelConversion } from './colours';
import type { ImageHeader } from './headers/imageHeader';
import { applyOrientation } from './orientation';
import { decodePnm } from './pnm';

/** Settings with which libvips opens an image: no colour profiles, and errors for truncated files. */
export const openOptions = { limitInputPixels: false, ignoreIcc: true, failOn: 'error' } as const;

/**
 * Whether the whole image must be converted to RGB before a crop is taken, since libvips would convert it differently
 * from Pillow. Otherwise libvips decodes, crops and resizes in one pass.
 */
export function needsConversion({ format, depth, colour, tiff }: ImageHeader): boolean {
  return (
    format === 'PNM' || depth > 8 || !['grey', 'rgb', 'palette'].includes(colour) || (tiff?.orientation ?? 1) !== 1
  );
}

/** The whole image in RGB, as Pillow's `convert('RGB')`. Samples of 16 bits keep their high byte. */
export async function toRgb(bytes: Buffer, header: ImageHeader): Promise<Pixels> {
  if (header.format === 'PNM') return decodePnm(bytes);
  const { colour, tiff, depth, format } = header;
  const image = tiff
    ? await tiffToRgb(bytes, header)
    : depth === 16
      ? await deepToRgb(sharp(bytes, openOptions), colour === 'grey')
      : format === 'JPEG' && colour === 'cmyk'
        ? await convert(sharp(bytes, openOptions).pipelineColourspace('cmyk').toColourspace('cmyk'), cmykToRgb)
        : await convert(sharp(bytes, openOptions).toColourspace('srgb'));
  return applyOrientation(image, tiff?.orientation ?? 1);
}

async function tiffToRgb(bytes: Buffer, header: ImageHeader): Promise<Pixels> {
  const { colour, depth, tiff } = header;
  if (tiff!.range) return floatsToRgb(sharp(bytes, openOptions), tiff!.range);
  if (depth === 16) return deepToRgb(sharp(bytes, openOptions), colour === 'grey');
  const conversion = { cmyk: cmykToRgb, ycbcr: ycbcrToRgb, lab: labToRgb, grey: undefined, palette: undefined }[
    colour === 'rgb' ? 'grey' : colour
  ];
  if (conversion) return convert(sharp(asRgb(bytes, header), openOptions).toColourspace('srgb'), conversion);
  return convert(sharp(bytes, openOptions).toColourspace('srgb'));
}

/** The same file with samples that are declared as RGB, so that libvips returns them unchanged. */
function asRgb(bytes: Buffer, { tiff }: ImageHeader): Buffer {
  const copy = Buffer.from(bytes);
  if (tiff!.isLittleEndian) copy.writeUInt16LE(2, tiff!.photometricAt);
  else copy.writeUInt16BE(2, tiff!.photometricAt);
  return copy;
}

/** Drops further channels, and repeats a single one. */
async function convert(image: Sharp, conversion?: PixelConversion): Promise<Pixels> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (!conversion && channels === 3) return { data, width, height };
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    if (conversion) conversion(data, from, rgb, to);
    else for (let c = 0; c < 3; c++) rgb[to + c] = data[channels < 3 ? from : from + c]!;
  }
  return { data: rgb, width, height };
}

async function deepToRgb(image: Sharp, isGrey: boolean): Promise<Pixels> {
  const space = isGrey ? 'grey16' : 'rgb16';
  const samples = image.pipelineColourspace(space).toColourspace(space).raw({ depth: 'ushort' });
  const { data, info } = await samples.toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  // A buffer of sharp is aligned, and its numbers are in the order of this machine.
  const values = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    for (let c = 0; c < 3; c++) rgb[to + c] = values[channels < 3 ? from : from + c]! >> 8;
  }
  return { data: rgb, width, height };
}

async function floatsToRgb(image: Sharp, [min, max]: readonly [number, number]): Promise<Pixels> {
  const { data, info } = await image.raw({ depth: 'float' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const values = new Float32Array(data.buffer, data.byteOffset, data.length / 4);
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const value = values[pixel * channels]!;
    if (!Number.isFinite(value))
      throw new UserError('it contains a float that is NaN or infinite; convert it to 8 bits');
    rgb.fill(Math.max(0, Math.min(255, Math.round(((value - min) / (max - min)) * 255))), 3 * pixel, 3 * pixel + 3);
  }
  return { data: rgb, width, height };
}
