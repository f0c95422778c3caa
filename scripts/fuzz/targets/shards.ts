import path from 'node:path';
import { readImage } from '../../../lib/data/datasets/imageFile';
import { openTarShards } from '../../../lib/data/datasets/tarShards';
import { oneOf } from '../damage';
import { hostileTar, type Entry } from '../tarBytes';
import type { Target } from '../target';

/** Archives of images with their classes in the format of webdataset. */
export const target: Target = {
  file: 'input.tar',
  make: (random) => {
    const entries = Array.from({ length: 1 + random.integer(5) }, (_, i): Entry[] => [
      { name: `${i}.jpg`, content: Buffer.alloc(random.integer(900), random.integer(256)) },
      {
        name: `${i}.cls`,
        content: Buffer.from(
          random.uniform() < 0.8
            ? String(i % 2)
            : oneOf(random, ['', '-1', '65536', '99999999', '1e3', 'cat', ' 1 \n', '0x1', '\0']),
        ),
      },
    ]);
    return hostileTar(
      random,
      random.uniform() < 0.5 ? entries.flat() : entries.map((pair) => [...pair].reverse()).flat(),
    );
  },
  read: async (file) => {
    const dataset = await openTarShards(path.dirname(file), { imageSize: 16 });
    for (let index = 0; index < dataset.count; index++) {
      if (dataset.labels[index]! >= dataset.classes.length)
        throw new Error(`image ${index} is of class ${dataset.labels[index]} of ${dataset.classes.length}`);
      await readImage(dataset, index);
    }
    return dataset;
  },
  // If no archive has an image, the message names the folder and lists the errors of the archives.
  place: /\/fuzz-[^/]+\/inside/,
};
