import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, test } from 'node:test';
import { z } from 'zod';
import { cutOf, type Cut } from '../../../lib/data/decoding/cut';
import { decode } from '../../../lib/data/decoding/decode';
import { imageKernels } from '../../../lib/data/decoding/imageKernels';
import type { ImageSize } from '../../../lib/data/images/imageSet';
import { resizeAndCrop } from '../../../lib/data/batches/preprocess';
import { randomResizedCrop } from '../../../lib/data/augmentation/randomResizedCrop';
import { resize } from '../../../lib/data/augmentation/resize';
import type { Pixels } from '../../../lib/data/augmentation/transform';
import { Random } from '../../../lib/tensor/random';
import { rejectsWith } from '../../support/rejectsWith';
import { asSharp, jpegOf, picture } from '../pictures';

const whole = ({ width, height }: ImageSize): Cut => ({
  box: { top: 0, left: 0, width, height },
  size: { width, height },
  kernel: 'bicubic',
});

test('a PNG comes back byte for byte, whatever its depth, and grey as three equal colours', async () => {
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

test('transparency is dropped, not blended: also the colour of what cannot be seen', async () => {
  const pixels = picture(2);
  const alpha = Buffer.from(Uint8Array.from({ length: 60 * 80 }, (_, i) => (i % 7) * 40));
  const png = await asSharp(pixels)
    .joinChannel(alpha, { raw: { width: 80, height: 60, channels: 1 } })
    .png()
    .toBuffer();
  assert.deepEqual(plain(await decode(png, whole)), plain(pixels));
  const half = (size: ImageSize): Cut => ({ ...whole(size), size: { width: 40, height: 30 } });
  assert.deepEqual(plain(await decode(png, half)), plain(await decode(await asSharp(pixels).png().toBuffer(), half)));
});

test("a camera's note to turn the image is not followed, as in PIL", async () => {
  const turned = await asSharp(picture(1)).withMetadata({ orientation: 6 }).png().toBuffer();
  assert.deepEqual(plain(await decode(turned, whole)), plain(picture(1)));
});

test('CMYK comes near to the colours that it was made of', async () => {
  const colours: Pixels = {
    width: 32,
    height: 32,
    data: Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => [200, 90, 60][i % 3]!),
  };
  const { data } = await decode(await asSharp(colours).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(), whole);
  assert.equal(data.length, colours.data.length);
  assert.ok(difference(data, colours.data).most < 30, `${difference(data, colours.data).most}`);
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
        cuts: z.array(
          z.object({
            box,
            size: z.object({ width: z.number(), height: z.number() }),
            window: box.optional(),
            kernel: z.enum(['bicubic', 'bilinear']),
            bytes: z.string(),
          }),
        ),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(path.join(__dirname, 'jpeg.json'), 'utf8')));

for (const kernels of ['on', 'off'] as const) {
  const skip = kernels === 'on' && !imageKernels() && 'no kernels here';
  /** Off Pillow's bytes at most: our kernels not at all, libvips by what it rounds, and by what it leaves out where it shrinks on load. */
  const bound = (shrunk: boolean) =>
    shrunk ? { mean: 2, most: 8 } : kernels === 'on' ? { mean: 0, most: 0 } : { mean: 0.75, most: 4 };

  for (const { name, jpeg, cuts } of pillow.images) {
    test(`cuts of a JPEG are Pillow's: ${name} (kernels ${kernels})`, { skip }, async () => {
      process.env['OFA_KERNELS'] = kernels;
      for (const { bytes, ...cut } of cuts) {
        const { data } = await decode(Buffer.from(jpeg, 'base64'), () => cut);
        near(data, Buffer.from(bytes, 'base64'), bound(false), JSON.stringify(cut));
      }
    });
  }

  test(`evaluation is timm's resize and centre crop (kernels ${kernels})`, { skip }, async () => {
    process.env['OFA_KERNELS'] = kernels;
    for (const size of [
      { height: 375, width: 500 },
      { height: 500, width: 375 },
      { height: 50, width: 301 },
      { height: 1203, width: 1805 },
    ]) {
      const jpeg = await jpegOf(picture(1, 5, size));
      const ours = await decode(jpeg, cutOf({ for: 'evaluation', side: 64, cropShare: 0.875 }, new Random(0)));
      const exact = resizeAndCrop({ imageSize: 64, cropShare: 0.875, interpolation: 'bicubic' })(
        await decode(jpeg, whole),
        new Random(0),
      );
      near(ours.data, exact.data, bound(size.height > 1000), `${size.height} × ${size.width}`);
    }
  });

  test(
    `training takes the very part and kernel that the transform in memory draws (kernels ${kernels})`,
    { skip },
    async () => {
      process.env['OFA_KERNELS'] = kernels;
      const jpeg = await jpegOf(picture(2, 6, { height: 200, width: 260 }));
      const stored = await decode(jpeg, whole);
      for (let seed = 0; seed < 12; seed++) {
        const ours = await decode(
          jpeg,
          cutOf(
            {
              for: 'training',
              side: 96,
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
  'resizing in memory gives the same bytes with our kernels and without',
  { skip: !imageKernels() && 'no kernels here' },
  () => {
    const random = new Random(0);
    for (let round = 0; round < 40; round++) {
      const [width, height, wide, tall] = [60, 60, 90, 90].map((most) => 1 + random.integer(most)) as [
        number,
        number,
        number,
        number,
      ];
      const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
      for (const kernel of ['bicubic', 'bilinear'] as const) {
        const [on, off] = ['on', 'off'].map((kernels) => {
          process.env['OFA_KERNELS'] = kernels;
          return resize({ data, width, height }, { width: wide, height: tall }, kernel);
        });
        assert.deepEqual(on, off, `${width} × ${height} to ${wide} × ${tall}`);
      }
    }
  },
);

test('a fault within a JPEG is told in the same words with our kernels and without', async () => {
  const jpeg = await jpegOf(picture(1));
  // The end of the file without the middle, and no colours' table.
  const holed = Buffer.concat([jpeg.subarray(0, 700), jpeg.subarray(-2)]);
  const unnamed = Buffer.from(jpeg);
  unnamed[jpeg.indexOf(Buffer.from([0xff, 0xdb])) + 1] = 0xe5;
  for (const bytes of [holed, unnamed]) {
    const answers = [];
    for (const kernels of ['on', 'off']) {
      process.env['OFA_KERNELS'] = kernels;
      answers.push(await decode(bytes, whole).then(plain, String));
    }
    assert.deepEqual(answers[0], answers[1]);
  }
});

test('a file cut anywhere, damaged, empty or of another format is refused in words', async () => {
  const jpeg = await jpegOf(picture(1));
  for (const length of [0, 1, 2, 20, 200, Math.floor(jpeg.length / 2), jpeg.length - 30]) {
    await rejectsWith(decode(jpeg.subarray(0, length), whole), 'it is');
  }
  await rejectsWith(decode(Buffer.from('GIF89a no image at all'), whole), 'it is');
  await rejectsWith(decode(Buffer.from('hello'), whole), 'no image of a known format');
});

test('an image of very many pixels is refused before it is opened', async () => {
  const jpeg = Buffer.from(await jpegOf(picture(1)));
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  jpeg.writeUInt16BE(60_000, frame + 5);
  jpeg.writeUInt16BE(60_000, frame + 7);
  await rejectsWith(decode(jpeg, whole), 'more than the 100 million pixels');
});

function plain({ data, width, height }: Pixels): unknown {
  return { width, height, data: [...data] };
}

function near(ours: Uint8Array, exact: Uint8Array, bound: ReturnType<typeof difference>, what: string): void {
  const { mean, most } = difference(ours, exact);
  assert.ok(mean <= bound.mean && most <= bound.most, `${what}: mean ${mean}, most ${most}`);
}

function difference(a: Uint8Array, b: Uint8Array): { readonly mean: number; readonly most: number } {
  assert.equal(a.length, b.length);
  const gaps = Array.from(a, (value, i) => Math.abs(value - b[i]!));
  return { mean: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length, most: Math.max(...gaps) };
}
