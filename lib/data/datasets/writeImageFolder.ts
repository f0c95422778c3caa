import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { fileError } from '../../io/fileError';
import { bytesPerImage, type InMemoryDataset } from './dataset';

/** Writes a dataset as one folder of PNG files per class, the layout that `openImageFolder` reads. */
export async function writeImageFolder(dataset: InMemoryDataset, folder: string): Promise<void> {
  const { images, labels, classes, size } = dataset;
  const bytes = bytesPerImage(dataset);
  try {
    for (const name of classes) await mkdir(path.join(folder, name), { recursive: true });
    for (let index = 0; index < dataset.count; index++) {
      const pixels = images.subarray(index * bytes, (index + 1) * bytes);
      const png = await sharp(pixels, { raw: { ...size, channels: 3 } })
        .png()
        .toBuffer();
      await writeFile(path.join(folder, classes[labels[index]!]!, `${String(index).padStart(6, '0')}.png`), png);
    }
  } catch (error) {
    throw fileError(error, 'write', folder);
  }
}
