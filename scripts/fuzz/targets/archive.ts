import { gzipSync } from 'node:zlib';
import { readCifarArchive } from '../../../lib/data/datasets/cifar100/archive';
import { damaged, oneOf } from '../damage';
import { hostileTar, tar, type Entry } from '../tarBytes';
import type { Target } from '../target';
import { layout, validRecords } from './records';

/** A decompression bomb of one megabyte, created once. */
let bomb: Buffer | undefined;

/** CIFAR-100's archive: damaged, hostile, or a decompression bomb. */
export const target: Target = {
  file: 'cifar-100-binary.tar.gz',
  make: (random) => {
    const entries: Entry[] = [
      { name: 'cifar-100-binary/', type: '5' },
      { name: 'cifar-100-binary/coarse_label_names.txt', content: Buffer.from('animals\nplants\n') },
      { name: 'cifar-100-binary/fine_label_names.txt', content: Buffer.from('cat\ndog\noak\nrose\n') },
      { name: 'cifar-100-binary/test.bin', content: validRecords(random, layout.testPerClass) },
      { name: 'cifar-100-binary/train.bin', content: validRecords(random, layout.trainPerClass) },
    ];
    const kind = random.uniform();
    if (kind < 0.001)
      return (bomb ??= gzipSync(tar([{ name: 'zeros', content: new Uint8Array(300e6) }]), { level: 1 }));
    if (kind < 0.2)
      return gzipSync(
        tar(
          entries.map((entry) =>
            random.uniform() < 0.3 && entry.content ? { ...entry, content: damaged(random, entry.content) } : entry,
          ),
        ),
        { level: 1 },
      );
    if (kind < 0.6) return gzipSync(hostileTar(random, entries), { level: 1 });
    return damaged(random, gzipSync(tar(entries), { level: oneOf(random, [0, 1]) }));
  },
  read: async (file) => {
    const { train, test, classes } = await readCifarArchive(file, layout);
    if (train.labels.length !== 8 || test.labels.length !== 4 || classes.length !== 4) throw new Error('wrong layout');
    return train;
  },
};
