import path from 'node:path';
import { readImage } from '../../../lib/data/datasets/imageFile';
import { stringAt } from '../../../lib/data/datasets/packedStrings';
import { parseMember } from '../../../lib/data/datasets/shardSamples';
import { openTarShards } from '../../../lib/data/datasets/tarShards';
import { oneOf } from '../damage';
import { hostileTar, tar, type Entry } from '../tarBytes';
import type { Target } from '../target';

/** Archives of images with their classes in the format of webdataset. */
export const target: Target = {
  file: 'input.tar',
  make: (random) => {
    const entries = Array.from({ length: 2 + random.integer(4) }, (_, i): Entry[] => {
      // The key ends at the first dot of the file's name, so that some of these are equal or have a dotted extension.
      const key = random.uniform() < 0.8 ? String(i) : oneOf(random, keys);
      return [
        {
          name: `${key}.${random.uniform() < 0.9 ? 'jpg' : oneOf(random, imageKinds)}`,
          content: Buffer.alloc(random.integer(900), random.integer(256)),
        },
        {
          name: `${key}.${random.uniform() < 0.9 ? 'cls' : 'CLS'}`,
          content: Buffer.from(
            random.uniform() < 0.8
              ? String(i % 2)
              : oneOf(random, ['', '-1', '65536', '99999999', '1e3', 'cat', ' 1 \n', '0x1', '\0']),
          ),
        },
      ];
    });
    const ordered = random.uniform() < 0.5 ? entries.flat() : entries.map((pair) => [...pair].reverse()).flat();
    const kind = random.uniform();
    if (kind < 0.2) return tar(ordered);
    if (kind < 0.25) return Buffer.concat([tar(ordered), Buffer.alloc(512 * random.integer(4)), tar(ordered)]);
    return hostileTar(random, ordered);
  },
  read: async (file) => {
    const dataset = await openTarShards(path.dirname(file), { imageSize: 16 });
    const samples = new Set<string>();
    for (let index = 0; index < dataset.count; index++) {
      const { key, kind } = parseMember(stringAt(dataset.names, index)) ?? {};
      if (kind !== 'image' || key === undefined || samples.has(key))
        throw new Error(`image ${index} has the key ${key}`);
      samples.add(key);
      if (dataset.labels[index]! >= dataset.classes.length)
        throw new Error(`image ${index} is of class ${dataset.labels[index]} of ${dataset.classes.length}`);
      await readImage(dataset, index);
    }
    return dataset;
  },
  // If no archive has an image, the message names the folder and lists the errors of the archives.
  place: /\/fuzz-[^/]+\/inside/,
};

const keys = ['0', '0.left', '1.right', 'a.b/0', 'a/b/0', './0', '.hidden', '__meta__/0', 'a b', 'é'] as const;
const imageKinds = ['JPG', 'png', 'left.png', 'seg.jpg', 'json', 'tiff', ''] as const;
