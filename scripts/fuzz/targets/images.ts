import { readFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import { chooseCrop } from '../../../lib/data/transforms/resizedCrop';
import { decode } from '../../../lib/data/decoding/decode';
import { openDecoderProcesses } from '../../../lib/data/decoding/decoderProcesses';
import { Random } from '../../../lib/tensor/random';
import { damaged, oneOf } from '../damage';
import type { Target } from '../target';

const imageSize = 16;
const processes = openDecoderProcesses(1);

/** JPEG, PNG, WebP and TIFF images: damaged anywhere, or JPEGs with damaged segments or wrong sizes. */
export const target: Target = {
  file: 'input.jpg',
  make: async (random) => {
    const size = { width: 1 + random.integer(60), height: 1 + random.integer(60) };
    const raw = Buffer.from(
      Array.from({ length: 3 * size.width * size.height }, (_, i) => (i * 7 + random.integer(40)) % 256),
    );
    const image = await oneOf(random, formats)(sharp(raw, { raw: { ...size, channels: 3 } })).toBuffer();
    const kind = random.uniform();
    if (kind < 0.1) return image;
    if (kind < 0.5 && image[0] === 0xff) return damageSegment(random, image);
    return damaged(random, image);
  },
  read: async (file) => {
    const bytes = readFileSync(file);
    const training = bytes.length % 2 === 0;
    const random = new Random(bytes.length);
    const { data } = await decode(
      bytes,
      training
        ? chooseCrop(
            {
              for: 'training',
              imageSize,
              augmentation: { flip: true, crop: { kind: 'resized', area: [0.08, 1], aspect: [0.75, 4 / 3] } },
            },
            random,
          )
        : chooseCrop({ for: 'evaluation', imageSize, cropShare: 0.875 }, random),
      processes,
    );
    if (data.length !== 3 * imageSize * imageSize) throw new Error(`${data.length} bytes of pixels`);
    return data;
  },
  // The caller of `decode` adds the name of the file.
  place: /^it (is|has) /,
  // Up to the limit on pixels, 3 bytes each, and in progressive JPEGs 6 bytes of coefficients each.
  allowance: () => 900e6,
};

const formats: readonly ((image: Sharp) => Sharp)[] = [
  (image) => image.jpeg({ quality: 80 }),
  (image) => image.jpeg({ progressive: true }),
  (image) => image.greyscale().jpeg(),
  (image) => image.jpeg({ chromaSubsampling: '4:4:4' }),
  (image) => image.toColourspace('cmyk').jpeg(),
  (image) => image.jpeg({ optimiseCoding: false }),
  (image) => image.png(),
  (image) => image.webp({ effort: 0 }),
  (image) => image.tiff(),
];

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
