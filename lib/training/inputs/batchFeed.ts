import os from 'node:os';
import { toBatch, toTrainingBatch, type Batch, type TrainingImages } from '../../data/loading/batch';
import type { BatchData, UnreadableImage } from '../../data/loading/batchData';
import { batchCount, epochOrder } from '../../data/loading/batches';
import type { BatchRequest, LoaderSource } from '../../data/loading/loadBatch';
import { openLoader, type BatchLoader } from '../../data/loading/loader';
import { canBeStored } from '../../data/loading/loadStored';
import { imageNetPreprocessing } from '../../data/transforms/preprocessing';
import { cropAndFlipOf } from '../../data/transforms/transformSpec';
import { Random } from '../../tensor/random';
import { evaluationBatchSize } from '../evaluation/evaluate';
import type { Recipe } from '../recipe/recipe';
import type { Resources } from '../setup/resources';

export interface BatchFeedOptions {
  /** Threads that prepare images. Default: as many as the recipe's augmentation needs. */
  readonly workers?: number | undefined;
  /** Called once for each image that cannot be read. */
  readonly onUnreadable?: ((image: UnreadableImage) => void) | undefined;
  /**
   * Whether the device augments training images, which it then receives as bytes. Only where images in memory are just
   * cropped, flipped and normalised; elsewhere it has no effect. Default: false.
   */
  readonly augmentOnDevice?: boolean;
}

/** The batches of a run. Worker threads prepare the next batches while a step computes. */
export class BatchFeed {
  private readonly loader: BatchLoader;
  private readonly imageSize: number;
  private readonly unreadable = new Set<string>();

  constructor(
    private readonly recipe: Recipe,
    private readonly resources: Pick<Resources, 'train' | 'test'>,
    private readonly options: BatchFeedOptions = {},
  ) {
    const { train, test } = resources;
    const { cropShare = imageNetPreprocessing.cropShare } = recipe;
    const { workers = defaultWorkers(recipe, resources), augmentOnDevice = false } = options;
    const imageSize = recipe.imageSize ?? train.size.height;
    this.imageSize = imageSize;
    this.loader = openLoader(
      {
        train: trainingSource(recipe, resources, imageSize, augmentOnDevice),
        test: { dataset: test, spec: { for: 'evaluation', imageSize, cropShare } },
      },
      workers,
    );
  }

  /** Yields every training batch from a position to the end of the recipe. */
  training({ epoch, step }: { readonly epoch: number; readonly step: number }): AsyncGenerator<Batch<TrainingImages>> {
    const { train } = this.resources;
    return this.prefetched(this.trainingRequests(epoch, step), (data) => toTrainingBatch(data, train));
  }

  /** Yields the test images in order. */
  test(): AsyncGenerator<Batch> {
    return this.prefetched(this.testRequests(), toBatch);
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
  private async *prefetched<T>(
    requests: Iterator<BatchRequest, void>,
    toTensors: (data: BatchData) => T,
  ): AsyncGenerator<T> {
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
      if (data.indices.length > 0) yield toTensors(data);
    }
  }

  /** Reports each image once. */
  private reportUnreadable({ unreadable = [] }: BatchData): void {
    for (const image of unreadable) {
      if (this.unreadable.has(image.name)) continue;
      this.unreadable.add(image.name);
      this.options.onUnreadable?.(image);
    }
  }
}

function trainingSource(
  { augmentation }: Recipe,
  { train }: Pick<Resources, 'train'>,
  imageSize: number,
  augmentOnDevice: boolean,
): LoaderSource {
  const spec = { for: 'training', imageSize, augmentation } as const;
  const onDevice = augmentOnDevice ? cropAndFlipOf(spec, train) : undefined;
  return onDevice && 'images' in train && canBeStored(train) ? { dataset: train, onDevice } : { dataset: train, spec };
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
