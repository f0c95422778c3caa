import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { fileError } from '../../io/fileError';
import { imageBytes, type ImageSet } from './imageSet';

/** Writes a set as a folder of PNG files for each class, as `openImageFolder` reads it. */
export async function writeImageFolder(set: ImageSet, folder: string): Promise<void> {
  const {
    images,
    labels,
    classes,
    size: { width, height },
  } = set;
  const bytes = imageBytes(set);
  try {
    for (const name of classes) await mkdir(path.join(folder, name), { recursive: true });
    for (let place = 0; place < set.count; place++) {
      const image = sharp(images.subarray(place * bytes, (place + 1) * bytes), { raw: { width, height, channels: 3 } });
      await writeFile(
        path.join(folder, classes[labels[place]!]!, `${String(place).padStart(6, '0')}.png`),
        await image.png().toBuffer(),
      );
    }
  } catch (error) {
    throw fileError(error, 'write', folder);
  }
}
