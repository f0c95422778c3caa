import { chooseCrop } from '../../lib/data/transforms/resizedCrop';
import { decode } from '../../lib/data/decoding/decode';
import { openDecoderProcesses } from '../../lib/data/decoding/decoderProcesses';
import { syntheticImages } from '../../lib/data/datasets/synthetic';
import { student } from '../../lib/experiments/laptop';
import { cifar100Tokens } from '../../lib/experiments/paper/paperRecipes';
import { disposeModule } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { median } from '../../lib/results/statistics/median';
import { Random } from '../../lib/tensor/random';
import { completeRecipe } from '../../lib/training/recipe/completeRecipe';
import { Training } from '../../lib/training/training';
import { photograph } from './photograph';

/**
 * Measures the decoding of JPEG files of 500 × 375 pixels at quality 90 to 224 × 224, with the transforms of evaluation
 * and of training. Returns images per second of one core's CPU time, the maximum of three runs.
 */
export async function decodingSpeed(
  count: number,
): Promise<{ readonly kilobytes: number; readonly evaluation: number; readonly training: number }> {
  const random = new Random(0);
  const files = await Promise.all(Array.from({ length: 16 }, (_, i) => photograph(500, 375, 90, random.fork(i))));
  const crop = { kind: 'resized', area: [0.08, 1], aspect: [3 / 4, 4 / 3] } as const;
  const processes = openDecoderProcesses(1);
  const speed = async (preparation: Parameters<typeof chooseCrop>[0]): Promise<number> => {
    const runs = [];
    for (let run = 0; run < 3; run++) {
      const started = process.cpuUsage();
      for (let i = 0; i < count; i++) {
        await decode(files[i % files.length]!, chooseCrop(preparation, random.fork(i)), processes);
      }
      const { user, system } = process.cpuUsage(started);
      runs.push((1e6 * count) / (user + system));
    }
    return Math.max(...runs);
  };
  return {
    kilobytes: files.reduce((sum, { length }) => sum + length, 0) / files.length / 1000,
    evaluation: await speed({ for: 'evaluation', imageSize: 224, cropShare: 0.875 }),
    training: await speed({ for: 'training', imageSize: 224, augmentation: { crop, flip: true } }),
  };
}

/**
 * Trains the ViT of the laptop profile with its CNN teacher and the paper's strongest augmentation at 32 pixels.
 * Returns the share of a step that waits for images.
 */
export async function dataShare(steps: number): Promise<{ readonly share: number; readonly imagesPerSecond: number }> {
  const { augmentation, mixing, labelSmoothing } = cifar100Tokens.recipe;
  const recipe = completeRecipe({
    ...student('transformer', 'cnn', { kind: 'ofa' }),
    augmentation,
    mixing,
    labelSmoothing,
    epochs: 3,
    data: { name: 'cifar-100' },
  });
  const set = (count: number) =>
    syntheticImages(new Random(0), { count, classes: 100, size: { height: 32, width: 32 } });
  const teacher = createModel(recipe.teacher!.model, { classes: 100, imageSize: 32 }, new Random(0));
  const training = new Training(recipe, { train: set(steps * recipe.batchSize), test: set(100), teacher });
  const epochs: { dataShare: number; imagesPerSecond: number }[] = [];
  try {
    for await (const event of training.run()) if (event.kind === 'epoch') epochs.push(event);
  } finally {
    training.dispose();
    disposeModule(teacher);
  }
  // The first epoch includes the start of the worker threads.
  const later = epochs.slice(1);
  return {
    share: median(later.map((epoch) => epoch.dataShare)),
    imagesPerSecond: median(later.map(({ imagesPerSecond }) => imagesPerSecond)),
  };
}
