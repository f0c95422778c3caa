import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, test } from 'node:test';
import { z } from 'zod';
import { chooseCrop, type ResizedCrop } from '../../../lib/data/transforms/resizedCrop';
import { decode as decodeWith } from '../../../lib/data/decoding/decode';
import { openDecoderProcesses } from '../../../lib/data/decoding/decoderProcesses';
import { imageKernels } from '../../../lib/data/kernels/imageKernels';
import type { ImageSize } from '../../../lib/data/image';
import { resizeAndCrop } from '../../../lib/data/transforms/preprocessing';
import { randomResizedCrop } from '../../../lib/data/transforms/randomResizedCrop';
import { resize } from '../../../lib/data/transforms/resize';
import type { Pixels } from '../../../lib/data/image';
import { Random } from '../../../lib/tensor/random';
import { rejectsWith } from '../../support/rejectsWith';
import { asSharp, jpegOf, picture } from '../pictures';

const processes = openDecoderProcesses();
after(() => processes.close());
const decode = (bytes: Buffer, chooseCrop: (size: ImageSize) => ResizedCrop): Promise<Pixels> =>
  decodeWith(bytes, chooseCrop, processes);

const whole = ({ width, height }: ImageSize): ResizedCrop => ({
  box: { top: 0, left: 0, width, height },
  size: { width, height },
  filter: 'bicubic',
});

test('decodes PNGs of 8 and 16 bits exactly, and greyscale as three equal channels', async () => {
  const pixels = picture(3);
  assert.deepEqual(plain(await decode(await asSharp(pixels).png().toBuffer(), whole)), plain(pixels));
  assert.deepEqual(
    plain(await decode(await asSharp(pixels).toColourspace('rgb16').png().toBuffer(), whole)),
    plain(pixels),
  );
  const grey = await decode(await asSharp(pixels).greyscale().jpeg().toBuffer(), whole);
  assert.equal(grey.data.length, pixels.data.length);
  for (let i = 0; i < grey.data.length; i += 3)
    assert.ok(grey.data[i] === grey.data[i + 1] && grey.data[i] === grey.data[i + 2]);
});

test('drops transparency without blending, even where pixels are invisible', async () => {
  const pixels = picture(2);
  const alpha = Buffer.from(Uint8Array.from({ length: 60 * 80 }, (_, i) => (i % 7) * 40));
  const png = await asSharp(pixels)
    .joinChannel(alpha, { raw: { width: 80, height: 60, channels: 1 } })
    .png()
    .toBuffer();
  assert.deepEqual(plain(await decode(png, whole)), plain(pixels));
  const half = (size: ImageSize): ResizedCrop => ({ ...whole(size), size: { width: 40, height: 30 } });
  assert.deepEqual(plain(await decode(png, half)), plain(await decode(await asSharp(pixels).png().toBuffer(), half)));
});

test('ignores the orientation noted by the camera, as PIL does', async () => {
  const turned = await asSharp(picture(1)).withMetadata({ orientation: 6 }).png().toBuffer();
  assert.deepEqual(plain(await decode(turned, whole)), plain(picture(1)));
});

afterEach(() => {
  delete process.env['OFA_KERNELS'];
});

const box = z.object({ left: z.number(), top: z.number(), width: z.number(), height: z.number() });
const pillow = z
  .object({
    images: z.array(
      z.object({
        name: z.string(),
        jpeg: z.string(),
        crops: z.array(
          z.object({
            box,
            size: z.object({ width: z.number(), height: z.number() }),
            window: box.optional(),
            filter: z.enum(['bicubic', 'bilinear']),
            bytes: z.string(),
          }),
        ),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(path.join(__dirname, 'jpeg.json'), 'utf8')));

for (const kernels of ['on', 'off'] as const) {
  const skip = kernels === 'on' && !imageKernels() && 'the image kernels are not built';
  /**
   * Largest accepted difference from Pillow: none with the image kernels; with libvips that of rounding or
   * shrink-on-load.
   */
  const bound = (shrunk: boolean) =>
    shrunk ? { mean: 2, max: 8 } : kernels === 'on' ? { mean: 0, max: 0 } : { mean: 0.75, max: 4 };

  for (const { name, jpeg, crops } of pillow.images) {
    test(`crops of a JPEG equal Pillow's: ${name} (kernels ${kernels})`, { skip }, async () => {
      process.env['OFA_KERNELS'] = kernels;
      for (const { bytes, ...crop } of crops) {
        const { data } = await decode(Buffer.from(jpeg, 'base64'), () => crop);
        near(data, Buffer.from(bytes, 'base64'), bound(false), JSON.stringify(crop));
      }
    });
  }

  test(`evaluation equals timm's resize and centre crop (kernels ${kernels})`, { skip }, async () => {
    process.env['OFA_KERNELS'] = kernels;
    for (const size of [
      { height: 375, width: 500 },
      { height: 500, width: 375 },
      { height: 50, width: 301 },
      { height: 1203, width: 1805 },
    ]) {
      const jpeg = await jpegOf(picture(1, 5, size));
      const ours = await decode(
        jpeg,
        chooseCrop({ for: 'evaluation', imageSize: 64, cropShare: 0.875 }, new Random(0)),
      );
      const exact = resizeAndCrop({ imageSize: 64, cropShare: 0.875, interpolation: 'bicubic' })(
        await decode(jpeg, whole),
        new Random(0),
      );
      near(ours.data, exact.data, bound(size.height > 1000), `${size.height} × ${size.width}`);
    }
  });

  test(
    `training draws the same crop and filter as the transform in memory (kernels ${kernels})`,
    { skip },
    async () => {
      process.env['OFA_KERNELS'] = kernels;
      const jpeg = await jpegOf(picture(2, 6, { height: 200, width: 260 }));
      const stored = await decode(jpeg, whole);
      for (let seed = 0; seed < 12; seed++) {
        const ours = await decode(
          jpeg,
          chooseCrop(
            {
              for: 'training',
              imageSize: 96,
              augmentation: { flip: false, crop: { kind: 'resized', area: [0.08, 1], aspect: [0.75, 4 / 3] } },
            },
            new Random(seed),
          ),
        );
        near(ours.data, randomResizedCrop(96)(stored, new Random(seed)).data, bound(false), `seed ${seed}`);
      }
    },
  );
}

test(
  'resizing gives the same bytes with and without the image kernels',
  { skip: !imageKernels() && 'the image kernels are not built' },
  () => {
    const random = new Random(0);
    for (let round = 0; round < 40; round++) {
      const [width, height, newWidth, newHeight] = [60, 60, 90, 90].map((limit) => 1 + random.integer(limit)) as [
        number,
        number,
        number,
        number,
      ];
      const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
      for (const filter of ['bicubic', 'bilinear'] as const) {
        const [on, off] = ['on', 'off'].map((kernels) => {
          process.env['OFA_KERNELS'] = kernels;
          return resize({ data, width, height }, { width: newWidth, height: newHeight }, filter);
        });
        assert.deepEqual(on, off, `${width} × ${height} to ${newWidth} × ${newHeight}`);
      }
    }
  },
);

test('errors inside a JPEG give the same result with and without the image kernels', async () => {
  const jpeg = await jpegOf(picture(1));
  // One file without its middle, and one without a quantisation table.
  const withoutMiddle = Buffer.concat([jpeg.subarray(0, 700), jpeg.subarray(-2)]);
  const withoutTable = Buffer.from(jpeg);
  withoutTable[jpeg.indexOf(Buffer.from([0xff, 0xdb])) + 1] = 0xe5;
  for (const bytes of [withoutMiddle, withoutTable]) {
    const results = [];
    for (const kernels of ['on', 'off']) {
      process.env['OFA_KERNELS'] = kernels;
      results.push(await decode(bytes, whole).then(plain, String));
    }
    assert.deepEqual(results[0], results[1]);
  }
});

test('rejects truncated, empty and damaged files and other formats with a UserError', async () => {
  const jpeg = await jpegOf(picture(1));
  for (const length of [0, 1, 2, 20, 200, Math.floor(jpeg.length / 2), jpeg.length - 30]) {
    await rejectsWith(decode(jpeg.subarray(0, length), whole), 'it is');
  }
  await rejectsWith(decode(Buffer.from('GIF89a no image at all'), whole), 'it is');
  await rejectsWith(decode(Buffer.from('hello'), whole), 'not an image of a known format');
  await rejectsWith(decode(Buffer.from('BM and so on'), whole), 'it is a BMP; convert it to a JPEG or PNG');
  await rejectsWith(decode(Buffer.from('<!DOCTYPE html><html>'), whole), 'it is a web page');
});

test('rejects samples of a PNM in text that are not whole numbers up to the maximum, as Pillow does', async () => {
  for (const [text, sample] of [
    ['P2 2 1 255 1 2.5', '2.5'],
    ['P2 2 1 255 1 -2', '-2'],
    ['P2 2 1 100 101 5', '101'],
    ['P3 1 1 255 256 1 2', '256'],
    ['P1 2 1 1 2', '2'],
  ] as const)
    await rejectsWith(decode(Buffer.from(text), whole), `a PNM image with the sample "${sample}" of 0 to `);
  assert.deepEqual(
    [...(await decode(Buffer.from('P2 2 1 255 1 2 junk after the image'), whole)).data],
    [1, 1, 1, 2, 2, 2],
  );
});

test('names the compression of a TIFF that is not supported', async () => {
  const tiff = await asSharp(picture(1)).tiff({ compression: 'lzw' }).toBuffer();
  assert.equal((await decode(tiff, whole)).width, picture(1).width);
  // The entry of tag 259: type 3 (two bytes), one value, and the value.
  const entry = tiff.indexOf(Buffer.from([3, 1, 3, 0, 1, 0, 0, 0, 5, 0]));
  assert.ok(entry > 0);
  for (const [value, name] of [
    [50000, 'ZSTD'],
    [34925, 'LZMA'],
    [50001, 'WebP'],
    [6, 'old-style JPEG'],
    [12345, 'number 12345'],
  ] as const) {
    const other = Buffer.from(tiff);
    other.writeUInt16LE(value, entry + 8);
    await rejectsWith(decode(other, whole), `its TIFF compression (${name}) is not supported; convert it to`);
  }
});

test('names tiles with separate planes, and samples of a TIFF that are not supported', async () => {
  const tile = await asSharp(picture(1))
    .tiff({ compression: 'lzw', tile: true, tileWidth: 16, tileHeight: 16 })
    .toBuffer();
  assert.equal((await decode(tile, whole)).width, picture(1).width);
  const changed = (tag: number, from: number, to: number): Buffer => {
    const entry = tile.indexOf(Buffer.from([tag & 255, tag >> 8, 3, 0, 1, 0, 0, 0, from, 0]));
    assert.ok(entry > 0);
    const other = Buffer.from(tile);
    other.writeUInt16LE(to, entry + 8);
    return other;
  };
  await rejectsWith(decode(changed(284, 1, 2), whole), 'a TIFF of tiles with separate planes', 'convert it to a PNG');
  await rejectsWith(decode(changed(262, 2, 5), whole), '3 unsigned samples of 8 bits with PhotometricInterpretation 5');
});

test('rejects an image with too many pixels before opening it', async () => {
  const jpeg = Buffer.from(await jpegOf(picture(1)));
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  jpeg.writeUInt16BE(60_000, frame + 5);
  jpeg.writeUInt16BE(60_000, frame + 7);
  await rejectsWith(decode(jpeg, whole), 'more than 100 million pixels');
});

function plain({ data, width, height }: Pixels): unknown {
  return { width, height, data: [...data] };
}

function near(ours: Uint8Array, exact: Uint8Array, bound: ReturnType<typeof difference>, what: string): void {
  const { mean, max } = difference(ours, exact);
  assert.ok(mean <= bound.mean && max <= bound.max, `${what}: mean ${mean}, max ${max}`);
}

function difference(a: Uint8Array, b: Uint8Array): { readonly mean: number; readonly max: number } {
  assert.equal(a.length, b.length);
  const gaps = Array.from(a, (value, i) => Math.abs(value - b[i]!));
  return { mean: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length, max: Math.max(...gaps) };
}
