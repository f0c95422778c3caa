import path from 'node:path';
import { readImage } from '../../../lib/data/datasets/imageFile';
import { openTarShards } from '../../../lib/data/datasets/tarShards';
import { oneOf } from '../damage';
import { hostileTar, type Entry } from '../tarBytes';
import type { Target } from '../target';

/** Archives of images with their classes, as webdataset writes them. */
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
    const set = await openTarShards(path.dirname(file), { imageSize: 16 });
    for (let place = 0; place < set.count; place++) {
      if (set.labels[place]! >= set.classes.length)
        throw new Error(`image ${place} is of class ${set.labels[place]} of ${set.classes.length}`);
      await readImage(set, place);
    }
    return set;
  },
  // Where no archive has an image, the folder is named, and each archive's fault beneath.
  place: /\/fuzz-[^/]+\/inside/,
};
