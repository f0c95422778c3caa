import { UnreachableError } from '../../io/download/http';
import type { Profile } from '../../profile';
import { Random } from '../../tensor/random';
import { loadCifar100, type Cifar100Options, type TrainAndTest } from './cifar100/cifar100';
import type { InMemoryDataset } from './dataset';
import { syntheticImages } from './synthetic';

export interface LoadedDatasets extends TrainAndTest {
  /** To be shown beside results: states that the images are synthetic, and why. */
  readonly notice?: string;
}

export interface LoadOptions extends Cifar100Options {
  /** Use synthetic images if there is neither an archive nor a network. Default: false, which throws instead. */
  readonly syntheticFallback?: boolean;
  /** Number of synthetic images. Default: 1000 and 200 for `smoke`, 5000 and 1000 as a fallback. */
  readonly syntheticCounts?: Counts;
}

interface Counts {
  readonly train: number;
  readonly test: number;
}

/**
 * The images of a profile: synthetic ones for `smoke`, CIFAR-100 for all others. Show `notice` wherever results are
 * shown.
 */
export async function loadDatasets(profile: Profile, options: LoadOptions = {}): Promise<LoadedDatasets> {
  const { syntheticFallback = false, syntheticCounts, ...cifarOptions } = options;
  if (profile === 'smoke') return { ...synthesize(syntheticCounts ?? { train: 1000, test: 200 }), notice: banner };
  try {
    return await loadCifar100(cifarOptions);
  } catch (error) {
    if (!(syntheticFallback && error instanceof UnreachableError)) throw error;
    const notice = `${banner} CIFAR-100 is not available: ${error.message}`;
    return { ...synthesize(syntheticCounts ?? { train: 5000, test: 1000 }), notice };
  }
}

const banner =
  'SYNTHETIC IMAGES, not CIFAR-100: the numbers only show that the code runs, and are not comparable with the paper.';

function synthesize(counts: Counts): TrainAndTest {
  const images = (split: 'train' | 'test'): InMemoryDataset => ({
    ...syntheticImages(new Random(0).fork(split), {
      count: counts[split],
      classes: 100,
      size: { height: 32, width: 32 },
    }),
    name: `synthetic ${split}`,
  });
  return { train: images('train'), test: images('test') };
}
