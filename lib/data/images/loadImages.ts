import { UnreachableError } from '../../io/download/http';
import type { Profile } from '../../profile';
import { Random } from '../../tensor/random';
import { loadCifar100, type Cifar100Options, type TrainAndTest } from '../cifar/cifar100';
import type { ImageSet } from './imageSet';
import { syntheticImages } from './synthetic';

export interface LoadedImages extends TrainAndTest {
  /** To be shown to the reader: says that these images are not the real ones, and why. */
  readonly notice?: string;
}

export interface LoadOptions extends Cifar100Options {
  /** Whether made-up images may stand in where there is neither an archive nor a network. */
  readonly standIn?: boolean;
  /** How many are made up, where they are: 1000 and 200 for `smoke`, 5000 and 1000 as a stand-in unless told. */
  readonly madeUp?: { readonly train: number; readonly test: number };
}

/** The images of a profile: made-up ones for `smoke`, CIFAR-100 for the others. Whoever shows results shows the notice too. */
export async function loadImages(
  profile: Profile,
  { standIn = false, madeUp, ...options }: LoadOptions = {},
): Promise<LoadedImages> {
  if (profile === 'smoke') return { ...made(madeUp ?? { train: 1000, test: 200 }), notice: banner };
  try {
    return await loadCifar100(options);
  } catch (error) {
    if (!(standIn && error instanceof UnreachableError)) throw error;
    return {
      ...made(madeUp ?? { train: 5000, test: 1000 }),
      notice: `${banner} CIFAR-100 could not be had: ${error.message}`,
    };
  }
}

const banner = 'MADE-UP IMAGES, not CIFAR-100: the numbers say only that everything runs, and nothing about the paper.';

function made(counts: { readonly train: number; readonly test: number }): TrainAndTest {
  const images = (part: 'train' | 'test'): ImageSet => ({
    ...syntheticImages(new Random(0).fork(part), {
      count: counts[part],
      classes: 100,
      size: { height: 32, width: 32 },
    }),
    name: `synthetic ${part}`,
  });
  return { train: images('train'), test: images('test') };
}
