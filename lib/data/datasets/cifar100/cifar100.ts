import { existsSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../../errors';
import { download, type DownloadProgress } from '../../../io/download/download';
import { UnreachableError } from '../../../io/download/http';
import type { InMemoryDataset } from '../dataset';
import { readCifarArchive } from './archive';
import { cifar100Normalisation } from './normalisation';
import type { CifarSplit } from './records';

export interface Cifar100Options {
  /** Path of cifar-100-binary.tar.gz. Default: the environment variable CIFAR100_ARCHIVE, then the file in `folder`. */
  readonly archive?: string;
  /** Folder of downloads. Default: `data/downloads` of the project. */
  readonly folder?: string;
  /** Never use the network. Default: false. */
  readonly offline?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

export interface TrainAndTest {
  readonly train: InMemoryDataset;
  readonly test: InMemoryDataset;
}

/**
 * CIFAR-100 (Krizhevsky 2009): 50,000 training and 10,000 test images of 32 × 32 pixels in 100 classes. Downloads the
 * archive if it is missing. Throws UnreachableError if that needs a network and there is none, and UserError if the
 * archive at the given path is missing, or an archive is truncated, damaged or another dataset.
 */
export async function loadCifar100(options: Cifar100Options = {}): Promise<TrainAndTest> {
  const archive = await cifar100Archive(options);
  const layout = { classes: 100, groups: 20, trainPerClass: 500, testPerClass: 100 };
  const { train, test, classes } = await readCifarArchive(archive, layout);
  return {
    train: toDataset('CIFAR-100 train', train, classes),
    test: toDataset('CIFAR-100 test', test, classes),
  };
}

/** The path of the archive, downloaded if it is missing. Throws as `loadCifar100` does. */
export async function cifar100Archive(options: Cifar100Options = {}): Promise<string> {
  const { archive, folder, offline, onProgress, signal } = options;
  const given = archive ?? process.env['CIFAR100_ARCHIVE'];
  if (given) {
    if (existsSync(given)) return given;
    const variable = archive ? '' : ' in CIFAR100_ARCHIVE';
    throw new UserError(
      `There is no CIFAR-100 archive at ${given}. Correct the path${variable}, or remove it to download the archive.`,
    );
  }
  const target = path.join(folder ?? path.join(process.cwd(), 'data', 'downloads'), 'cifar-100-binary.tar.gz');
  if (existsSync(target)) return target;
  if (offline) {
    throw new UnreachableError(
      `There is no CIFAR-100 archive at ${target}. Put it there, set CIFAR100_ARCHIVE to its path, or allow downloads.`,
    );
  }
  await download({ ...source, target, onProgress, signal });
  return target;
}

/** The official archive of 168,513,733 bytes. */
const source = {
  url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
  sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
  maxBytes: 170e6,
};

function toDataset(name: string, { images, labels }: CifarSplit, classes: readonly string[]): InMemoryDataset {
  return {
    name,
    images,
    labels,
    classes,
    count: labels.length,
    size: { height: 32, width: 32 },
    ...cifar100Normalisation,
  };
}
