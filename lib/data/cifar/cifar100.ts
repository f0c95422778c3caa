import { existsSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../errors';
import { download, type DownloadProgress } from '../../io/download/download';
import { UnreachableError } from '../../io/download/http';
import { readCifarArchive, type CifarPart } from './cifarArchive';
import type { ImageSet } from '../images/imageSet';

export interface Cifar100Options {
  /** Path of cifar-100-binary.tar.gz; else that in the environment variable CIFAR100_ARCHIVE, else one in `folder`. */
  readonly archive?: string;
  /** Where downloads are kept: `data/downloads` of the project. */
  readonly folder?: string;
  /** Never fetch anything from the network. */
  readonly offline?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

export interface TrainAndTest {
  readonly train: ImageSet;
  readonly test: ImageSet;
}

/**
 * CIFAR-100 (Krizhevsky 2009): 50,000 training and 10,000 test images of 32 × 32 in 100 classes, as bytes.
 * Downloads the archive once where there is none. Throws UnreachableError where it would need a network that is not there, UserError for an archive that is
 * missing, cut, damaged or another data set.
 */
export async function loadCifar100(options: Cifar100Options = {}): Promise<TrainAndTest> {
  const archive = await cifar100Archive(options);
  const { train, test, classes } = await readCifarArchive(archive, {
    classes: 100,
    groups: 20,
    trainPerClass: 500,
    testPerClass: 100,
  });
  return { train: imageSet('CIFAR-100 train', train, classes), test: imageSet('CIFAR-100 test', test, classes) };
}

/** The path of the archive, downloaded where it must be. */
export async function cifar100Archive({
  archive,
  folder,
  offline,
  onProgress,
  signal,
}: Cifar100Options = {}): Promise<string> {
  const given = archive ?? process.env['CIFAR100_ARCHIVE'];
  if (given) {
    if (existsSync(given)) return given;
    throw new UserError(
      `There is no CIFAR-100 archive at ${given}. Correct the path${archive ? '' : ' in CIFAR100_ARCHIVE'}, or leave it out to download it.`,
    );
  }
  const target = path.join(folder ?? path.join(process.cwd(), 'data', 'downloads'), 'cifar-100-binary.tar.gz');
  if (existsSync(target)) return target;
  if (offline)
    throw new UnreachableError(
      `There is no CIFAR-100 archive at ${target}. Put it there, or set CIFAR100_ARCHIVE, or allow the download.`,
    );
  await download({ ...source, target, onProgress, signal });
  return target;
}

/** The official archive, 168,513,733 bytes. */
const source = {
  url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
  sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
  maxBytes: 170e6,
};

function imageSet(name: string, { images, labels }: CifarPart, classes: readonly string[]): ImageSet {
  return {
    name,
    images,
    labels,
    classes,
    count: labels.length,
    size: { height: 32, width: 32 },
    mean: [0.5071, 0.4865, 0.4409],
    std: [0.2673, 0.2564, 0.2762],
  };
}
