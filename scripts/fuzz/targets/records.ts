import { readFileSync } from 'node:fs';
import { CifarRecords, type CifarLayout } from '../../../lib/data/datasets/cifar100/records';
import { Random } from '../../../lib/tensor/random';
import { damaged, oneOf } from '../damage';
import type { Target } from '../target';

export const layout: CifarLayout = { classes: 4, groups: 2, trainPerClass: 2, testPerClass: 1 };
const recordBytes = 3074;

/** CIFAR-100's records, parsed in chunks of random lengths. */
export const target: Target = {
  file: 'train.bin',
  make: (random) => {
    const records = validRecords(random, layout.trainPerClass);
    if (random.uniform() < 0.4) return damaged(random, records);
    // The first two bytes of a record are its group and class.
    for (let times = random.integer(3); times > 0; times--)
      records[recordBytes * random.integer(8) + random.integer(2)] = oneOf(random, [0, 1, 2, 3, 4, 127, 255]);
    return records;
  },
  read: (file) => {
    const bytes = readFileSync(file);
    const records = new CifarRecords(`${file}, train.bin`, bytes.length, layout, layout.trainPerClass);
    const random = new Random(bytes.length);
    for (let start = 0; start < bytes.length;) {
      const end = start + 1 + random.integer(oneOf(random, [3, 5000]));
      records.add(bytes.subarray(start, end));
      start = end;
    }
    const { images, labels } = records.finish();
    if (labels.length !== 8 || images.length !== 8 * 3072)
      throw new Error(`${labels.length} labels, ${images.length} bytes of images`);
    return labels;
  },
};

/** `perClass` records of each class in random order. */
export function validRecords(random: Random, perClass: number): Buffer {
  const order = Array.from(random.permutation(layout.classes * perClass), (i) => i % layout.classes);
  return Buffer.concat(
    order.map((label) =>
      Buffer.concat([Buffer.of(label >> 1, label), Buffer.alloc(recordBytes - 2, random.integer(256))]),
    ),
  );
}
