import { readFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import { decode } from '../../../lib/data/decoding/decode';
import { openDecoderProcesses } from '../../../lib/data/decoding/decoderProcesses';
import { parseWholeHeader } from '../../../lib/data/decoding/headers/parseHeader';
import { chooseCrop } from '../../../lib/data/transforms/resizedCrop';
import { Random } from '../../../lib/tensor/random';
import { damaged, oneOf } from '../damage';
import { startPillow } from '../pillow';
import type { Target } from '../target';

const imageSize = 16;
const processes = openDecoderProcesses(1);
const pillow = startPillow();

/** Images of every format: whole, with a damaged header, damaged anywhere, or JPEGs with damaged segments. */
export const target: Target = {
  file: 'input.jpg',
  make: async (random) => {
    const size = { width: 1 + random.integer(60), height: 1 + random.integer(60) };
    const raw = Buffer.from(
      Array.from({ length: 3 * size.width * size.height }, (_, i) => (i * 7 + random.integer(40)) % 256),
    );
    const image = await oneOf(random, formats)(sharp(raw, { raw: { ...size, channels: 3 } }));
    const kind = random.uniform();
    if (kind < 0.2) return image;
    if (kind < 0.5 && image[0] === 0xff) return damageSegment(random, image);
    if (kind < 0.7) return damageHeader(random, image);
    return damaged(random, image);
  },
  read: async (file) => {
    const bytes = readFileSync(file);
    const random = new Random(bytes.length);
    const augmentation = { flip: true, crop: { kind: 'resized', area: [0.08, 1], aspect: [0.75, 4 / 3] } } as const;
    const crop =
      bytes.length % 2 === 0
        ? chooseCrop({ for: 'training', imageSize, augmentation }, random)
        : chooseCrop({ for: 'evaluation', imageSize, cropShare: 0.875 }, random);
    const { data } = await decode(bytes, crop, processes);
    if (data.length !== 3 * imageSize * imageSize) throw new Error(`${data.length} bytes of pixels`);
    if (bytes.length % 5 === 0) await compareWithPillow(file, bytes);
    return data;
  },
  close: () => {
    processes.close();
    pillow?.close();
  },
  // The caller of `decode` adds the name of the file.
  place: /^its? /,
  // Up to the limit on pixels, 3 bytes each, and in progressive JPEGs 6 bytes of coefficients each.
  allowance: () => 900e6,
};

/**
 * Throws an error if Pillow decodes the image to other pixels. Samples of more than 8 bits and CIELAB differ on purpose
 * (docs/inputs.md). Within damaged data decoders may guess differently, but seldom, and only in few pixels.
 */
async function compareWithPillow(file: string, bytes: Buffer): Promise<void> {
  const header = parseWholeHeader(bytes);
  const { width, height, depth, colour } = header;
  if (!pillow || width * height > 1e6 || depth > 8 || colour === 'lab') return;
  const expected = await pillow.decode(file);
  if (!expected) return;
  if (expected.length !== 3 * width * height) throw new Error(`${width} × ${height} pixels differ from Pillow's size`);
  const box = { left: 0, top: 0, width, height };
  const { data } = await decode(bytes, () => ({ box, size: { width, height }, filter: 'bicubic' }), processes);
  let different = 0;
  for (let i = 0; i < data.length; i++) if (Math.abs(data[i]! - expected[i]!) > 1) different++;
  if (different > data.length * 0.01) throw new Error(`${different} of ${data.length} bytes differ from Pillow's`);
}

const formats: readonly ((image: Sharp) => Promise<Buffer>)[] = [
  (image) => image.jpeg({ quality: 80 }).toBuffer(),
  (image) => image.jpeg({ progressive: true }).toBuffer(),
  (image) => image.greyscale().jpeg().toBuffer(),
  (image) => image.jpeg({ chromaSubsampling: '4:4:4' }).toBuffer(),
  (image) => image.toColourspace('cmyk').jpeg().toBuffer(),
  (image) => image.jpeg({ optimiseCoding: false }).toBuffer(),
  (image) => image.png().toBuffer(),
  (image) => image.png({ palette: true, colours: 16 }).toBuffer(),
  (image) => image.png({ progressive: true }).toBuffer(),
  (image) => image.toColourspace('rgb16').png().toBuffer(),
  (image) => image.webp({ effort: 0 }).toBuffer(),
  (image) => image.webp({ lossless: true, effort: 0 }).toBuffer(),
  (image) => image.tiff().toBuffer(),
  (image) => image.tiff({ compression: 'lzw', predictor: 'horizontal' }).toBuffer(),
  (image) => image.tiff({ compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
  (image) => image.toColourspace('cmyk').tiff({ compression: 'none' }).toBuffer(),
  (image) => image.greyscale().toColourspace('b-w').tiff({ compression: 'ccittfax4', bitdepth: 1 }).toBuffer(),
  (image) => image.greyscale().toColourspace('b-w').tiff({ compression: 'packbits', bitdepth: 4 }).toBuffer(),
  async (image) => {
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    return Buffer.concat([Buffer.from(`P6\n# comment\n${info.width} ${info.height} 255\n`), data]);
  },
  async (image) => {
    const { data, info } = await image.greyscale().raw().toBuffer({ resolveWithObject: true });
    return Buffer.from(`P2 ${info.width} ${info.height} 255\n${[...data].join(' ')}\n`);
  },
];

/** Changes bytes of the header: at the start, or where a TIFF has its directory. */
function damageHeader(random: Random, image: Buffer): Buffer {
  const isTiff = /^(II|MM)/.test(image.toString('latin1', 0, 2));
  const start = isTiff && random.uniform() < 0.8 ? image.readUIntLE(4, 4) : 0;
  for (let times = 1 + random.integer(2); times > 0; times--) {
    const at = start + random.integer(isTiff ? 180 : 64);
    if (at < image.length) image[at] = random.uniform() < 0.5 ? random.integer(10) : random.integer(256);
  }
  return image;
}

/** Deletes or repeats a segment of a JPEG, or changes its length, image size or content. */
function damageSegment(random: Random, image: Buffer): Buffer {
  const starts = segments(image);
  const which = random.integer(starts.length);
  const [start, end] = [starts[which]!, starts[which + 1] ?? image.length];
  const kind = random.uniform();
  if (kind < 0.2) return Buffer.concat([image.subarray(0, start), image.subarray(end)]);
  if (kind < 0.4) return Buffer.concat([image.subarray(0, end), image.subarray(start)]);
  if (kind < 0.6 && start + 4 <= image.length)
    image.writeUInt16BE(oneOf(random, [0, 1, 2, 3, 0x7fff, 0xffff, random.integer(300)]), start + 2);
  else if (kind < 0.7) return withSize(random, image);
  else
    for (let times = 1 + random.integer(3); times > 0; times--)
      image[start + random.integer(end - start)] = random.integer(256);
  return image;
}

/** The first byte of each segment; the last one is the scan. */
function segments(image: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 2; at + 4 <= image.length && image[at] === 0xff; at += 2 + image.readUInt16BE(at + 2)) starts.push(at);
  return starts;
}

/** Changes the height and width in the frame header. */
function withSize(random: Random, image: Buffer): Buffer {
  for (const start of segments(image)) {
    if (image[start + 1]! >> 4 !== 0xc || [0xc4, 0xcc].includes(image[start + 1]!)) continue;
    image.writeUInt16BE(oneOf(random, [0, 1, 500, 65_535, random.integer(3000)]), start + 5);
    image.writeUInt16BE(oneOf(random, [0, 1, 500, 65_535, random.integer(3000)]), start + 7);
  }
  return image;
}
