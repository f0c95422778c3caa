import { syntheticImages } from '../../lib/data/datasets/synthetic';
import { disposeModule } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { Random } from '../../lib/tensor/random';
import type { EpochEvent } from '../../lib/training/event';
import { completeRecipe } from '../../lib/training/recipe/completeRecipe';
import { Training } from '../../lib/training/training';

/**
 * Trains `resnet_16` by OFA with the teacher `vit_128` on random images of CIFAR-100's size. Returns the second of two
 * epochs, because steps are compiled in the first.
 */
export async function timeEpoch(count: number, batchSize: number): Promise<EpochEvent> {
  const recipe = completeRecipe({
    student: 'resnet_16',
    teacher: { model: 'vit_128', weights: 'fresh' },
    method: { kind: 'ofa' },
    data: { name: 'synthetic' },
    epochs: 2,
    batchSize,
    optimizer: { name: 'sgd' },
    learningRate: 0.05,
    schedule: { kind: 'cosine', min: 0, per: 'step' },
    weightDecay: 2e-3,
    evaluateEvery: 2,
  });
  const size = { height: 32, width: 32 };
  const made = (images: number) => syntheticImages(new Random(0), { count: images, classes: 100, size });
  const teacher = createModel('vit_128', { classes: 100, imageSize: 32 }, new Random(0));
  const training = new Training(recipe, { train: made(count), test: made(100), teacher });
  try {
    let last: EpochEvent | undefined;
    for await (const event of training.run()) if (event.kind === 'epoch') last = event;
    return last!;
  } finally {
    training.dispose();
    disposeModule(teacher);
  }
}
