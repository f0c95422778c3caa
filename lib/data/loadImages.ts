import { UnreachableError } from '../io/http';
import { Random } from '../tensor/random';
import { loadCifar100, type Cifar100Options, type TrainAndTest } from './cifar100';
import { syntheticImages } from './synthetic';

export interface LoadedImages extends TrainAndTest {
  /** To be shown to the reader: says that these images are not the real ones, and why. */
  readonly notice?: string;
}

export interface LoadOptions extends Cifar100Options {
  /** Whether made-up images may stand in where there is neither an archive nor a network. */
  readonly standIn?: boolean;
}

/** The images of a profile: made-up ones for `smoke`, CIFAR-100 for the others. Whoever shows results shows the notice too. */
export async function loadImages(profile: 'smoke' | 'laptop' | 'paper', { standIn = false, ...options }: LoadOptions = {}): Promise<LoadedImages> {
  if (profile === 'smoke') return { ...madeUp(1000, 200), notice: `${banner} The smoke profile only shows that everything runs.` };
  try {
    return await loadCifar100(options);
  } catch (error) {
    if (!(standIn && error instanceof UnreachableError)) throw error;
    return { ...madeUp(5000, 1000), notice: `${banner} CIFAR-100 could not be had: ${error.message}` };
  }
}

const banner = 'SYNTHETIC IMAGES, not CIFAR-100: no number here says anything about the paper.';

function madeUp(train: number, test: number): TrainAndTest {
  const random = new Random(0).fork('synthetic');
  const shape = { classes: 100, size: { height: 32, width: 32 } };
  return {
    train: { ...syntheticImages(random.fork('train'), { ...shape, count: train }), name: 'synthetic train' },
    test: { ...syntheticImages(random.fork('test'), { ...shape, count: test }), name: 'synthetic test' },
  };
}
