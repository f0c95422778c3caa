import os from 'node:os';
import { toBatch, type Batch } from '../../data/loading/batch';
import type { BatchData, UnreadableImage } from '../../data/loading/batchData';
import { batchCount, epochOrder } from '../../data/loading/batches';
import type { BatchRequest } from '../../data/loading/loadBatch';
import { openLoader, type BatchLoader } from '../../data/loading/loader';
import { imageNetPreprocessing } from '../../data/transforms/preprocessing';
import { Random } from '../../tensor/random';
import { evaluationBatchSize } from '../evaluation/evaluate';
import type { Recipe } from '../recipe/recipe';
import type { Resources } from '../setup/resources';

/** The batches of a run. Worker threads prepare the next batches while a step computes. */
export class BatchFeed {
  private readonly loader: BatchLoader;
  private readonly imageSize: number;
  private readonly unreadable = new Set<string>();

  constructor(
    private readonly recipe: Recipe,
    private readonly resources: Pick<Resources, 'train' | 'test'>,
    workers = defaultWorkers(recipe, resources),
    private readonly onUnreadable?: (image: UnreadableImage) => void,
  ) {
    const { train, test } = resources;
    const { augmentation, cropShare = imageNetPreprocessing.cropShare } = recipe;
    const imageSize = recipe.imageSize ?? train.size.height;
    this.imageSize = imageSize;
    this.loader = openLoader(
      {
        train: { dataset: train, spec: { for: 'training', imageSize, augmentation } },
        test: { dataset: test, spec: { for: 'evaluation', imageSize, cropShare } },
      },
      workers,
    );
  }

  /** Yields every training batch from a position to the end of the recipe. */
  training({ epoch, step }: { readonly epoch: number; readonly step: number }): AsyncGenerator<Batch> {
    return this.prefetched(this.trainingRequests(epoch, step));
  }

  /** Yields the test images in order. */
  test(): AsyncGenerator<Batch> {
    return this.prefetched(this.testRequests());
  }

  /** Number of images that could not be read so far. */
  get unreadableCount(): number {
    return this.unreadable.size;
  }

  close(): Promise<void> {
    return this.loader.close();
  }

  private *trainingRequests(firstEpoch: number, firstStep: number): Generator<BatchRequest, void> {
    const { seed, batchSize, epochs } = this.recipe;
    const imageCount = this.resources.train.count;
    const steps = batchCount(imageCount, batchSize, true);
    for (let epoch = firstEpoch; epoch < epochs; epoch++) {
      const random = new Random(seed).fork('data').fork(epoch + 1);
      const order = epochOrder(imageCount, random);
      for (let step = epoch === firstEpoch ? firstStep : 0; step < steps; step++) {
        yield { source: 'train', indices: this.imagesOf(step, order), seed: random.fork(step).seed };
      }
    }
  }

  /**
   * The images of a step [batchSize]. They are dealt to the micro-batches in turn, as timm's samplers deal them to
   * GPUs, so that the repeats of an image go to different micro-batches.
   */
  private imagesOf(step: number, order: Uint32Array): Uint32Array {
    const { batchSize, accumulation, repeats = 1 } = this.recipe;
    const microBatchSize = batchSize / accumulation;
    return Uint32Array.from({ length: batchSize }, (_, i) => {
      const dealt = step * batchSize + (i % microBatchSize) * accumulation + Math.floor(i / microBatchSize);
      return order[Math.floor(dealt / repeats)]!;
    });
  }

  private *testRequests(): Generator<BatchRequest, void> {
    const order = epochOrder(this.resources.test.count);
    const size = evaluationBatchSize(this.imageSize);
    for (let start = 0; start < order.length; start += size) {
      yield { source: 'test', indices: order.slice(start, start + size), seed: 0 };
    }
  }

  /** Keeps one request per worker under way, and one more. */
  private async *prefetched(requests: Iterator<BatchRequest, void>): AsyncGenerator<Batch> {
    const pending: Promise<BatchData>[] = [];
    const maxPending = this.loader.workerCount + 1;
    for (;;) {
      while (pending.length < maxPending) {
        const request = requests.next();
        if (request.done === true) break;
        const data = this.loader.load(request.value);
        // Awaiting code receives the rejection. If the run has ended, nothing awaits it, and it is ignored on purpose.
        data.catch(() => undefined);
        pending.push(data);
      }
      const next = pending.shift();
      if (!next) return;
      const data = await next;
      this.reportUnreadable(data);
      if (data.indices.length > 0) yield toBatch(data);
    }
  }

  /** Reports each image once. */
  private reportUnreadable({ unreadable = [] }: BatchData): void {
    for (const image of unreadable) {
      if (this.unreadable.has(image.name)) continue;
      this.unreadable.add(image.name);
      this.onUnreadable?.(image);
    }
  }
}

/**
 * No worker for small images that are only cropped and flipped, which takes a small part of a step. Otherwise up to
 * eight, and one core is left for the step.
 */
function defaultWorkers({ imageSize = 0, augmentation }: Recipe, { train }: Pick<Resources, 'train'>): number {
  const inMemory = 'images' in train;
  const small = Math.max(imageSize, train.size.height) <= 64;
  if (inMemory && small && typeof augmentation === 'string') return 0;
  return Math.min(8, Math.max(1, os.availableParallelism() - 1));
}
