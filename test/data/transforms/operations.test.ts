import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { z } from 'zod';
import { affine, rotate } from '../../../lib/data/transforms/affine';
import { brightness, colour, contrast, sharpness } from '../../../lib/data/transforms/enhance';
import { autoContrast, equalize, invert, posterize, solarize, solarizeAdd } from '../../../lib/data/transforms/tone';
import type { Pixels } from '../../../lib/data/image';
import { fill } from '../../../lib/reference/fill';

const name = z.enum([
  'autoContrast',
  'equalize',
  'invert',
  'posterize',
  'solarize',
  'solarizeAdd',
  'colour',
  'contrast',
  'brightness',
  'sharpness',
  'rotate',
  'shearX',
  'shearY',
  'translateX',
  'translateY',
]);
const stored = z
  .object({
    source: z.string(),
    fill: z.tuple([z.number(), z.number(), z.number()]),
    cases: z.array(
      z.object({
        height: z.number(),
        width: z.number(),
        op: name,
        arg: z.number(),
        filter: z.enum(['bilinear', 'bicubic']).default('bicubic'),
        first: z.array(z.number()),
        sha256: z.string(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(path.join(__dirname, 'operations.json'), 'utf8')));

for (const op of name.options) {
  test(`${op}: equals ${stored.source} byte for byte`, () => {
    const cases = stored.cases.filter((example) => example.op === op);
    assert.ok(cases.length > 0);
    for (const { height, width, arg, filter, first, sha256 } of cases) {
      const image = picture(height, width);
      const before = image.data.slice();
      const { data } = apply(image, op, arg, filter);
      assert.deepEqual([...data.subarray(0, 6)], first, `${height} × ${width}, ${arg}, ${filter}`);
      assert.equal(createHash('sha256').update(data).digest('hex'), sha256, `${height} × ${width}, ${arg}, ${filter}`);
      assert.deepEqual(image.data, before);
    }
  });
}

test('leaves an image of one colour unchanged', () => {
  const uniform: Pixels = { data: new Uint8Array(300).fill(77), height: 10, width: 10 };
  for (const change of [autoContrast, equalize]) assert.deepEqual(change(uniform), uniform);
});

function apply(image: Pixels, op: z.infer<typeof name>, arg: number, filter: 'bilinear' | 'bicubic'): Pixels {
  switch (op) {
    case 'autoContrast':
      return autoContrast(image);
    case 'equalize':
      return equalize(image);
    case 'invert':
      return invert(image);
    case 'posterize':
      return posterize(image, arg);
    case 'solarize':
      return solarize(image, arg);
    case 'solarizeAdd':
      return solarizeAdd(image, arg);
    case 'colour':
      return colour(image, arg);
    case 'contrast':
      return contrast(image, arg);
    case 'brightness':
      return brightness(image, arg);
    case 'sharpness':
      return sharpness(image, arg);
    case 'rotate':
      return rotate(image, arg, filter, stored.fill);
    case 'shearX':
      return affine(image, [1, arg, 0, 0, 1, 0], filter, stored.fill);
    case 'shearY':
      return affine(image, [1, 0, 0, arg, 1, 0], filter, stored.fill);
    case 'translateX':
      return affine(image, [1, 0, arg * image.width, 0, 1, 0], filter, stored.fill);
    case 'translateY':
      return affine(image, [1, 0, 0, 0, 1, arg * image.height], filter, stored.fill);
  }
}

/** Stripes with noise. */
function picture(height: number, width: number): Pixels {
  const noise = fill(`augment ${height}x${width}`, height * width * 3);
  const data = Uint8ClampedArray.from(noise, (u, i) => {
    const channel = i % 3;
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    return Math.floor(40 + ((5 * y * (channel + 1) + 3 * x * (3 - channel)) % 150) + 30 * u);
  });
  return { data: new Uint8Array(data.buffer), height, width };
}
