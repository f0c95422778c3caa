import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { ImageSize } from '../../lib/data/image';
import { resize } from '../../lib/data/transforms/resize';
import { syntheticImages } from '../../lib/data/datasets/synthetic';
import type { Pixels } from '../../lib/data/image';
import { Random } from '../../lib/tensor/random';

/** A picture with the stripes of a class, enlarged so that it is as smooth as photographs are. */
export function picture(label: number, seed = 0, size: ImageSize = small): Pixels {
  const { images } = syntheticImages(new Random(seed), { count: label + 1, classes: 8, size: small, noise: 4 });
  return resize({ data: images.subarray(label * small.height * small.width * 3), ...small }, size, 'bicubic');
}

const small: ImageSize = { height: 60, width: 80 };

export function asSharp({ data, width, height }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

export function jpegOf(pixels: Pixels): Promise<Buffer> {
  return asSharp(pixels).jpeg({ quality: 90 }).toBuffer();
}

/** Writes JPEGs as folders of classes: `{ cat: 3, dog: 2 }`. */
export async function writeFolder(
  folder: string,
  classes: Readonly<Record<string, number>>,
  seed = 0,
): Promise<string> {
  for (const [label, [name, count]] of Object.entries(classes).entries()) {
    await mkdir(path.join(folder, name), { recursive: true });
    for (let i = 0; i < count; i++)
      await writeFile(path.join(folder, name, `${i}.jpg`), await jpegOf(picture(label, seed + i)));
  }
  return folder;
}
