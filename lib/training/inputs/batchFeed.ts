import os from 'node:os';
import { batchCount, epochOrder } from '../../data/loading/batches';
import { toBatch, type Batch } from '../../data/loading/batch';
import { openLoader, type BatchLoader } from '../../data/loading/loader';
import type { BatchRequest } from '../../data/loading/loadBatch';
import type { BatchData, UnreadableImage } from '../../data/loading/batchData';
import { imageNetPreprocessing } from '../../data/transforms/preprocessing';
import { Random } from '../../tensor/random';
import { evaluationBatch } from '../evaluation/evaluate';
import type { Recipe } from '../recipe/recipe';
import type { Resources } from '../training';

/** The batches of a run, those to come prepared in other threads while a step computes. */
export class BatchFeed {
  private readonly preparer: BatchLoader;
  private readonly side: number;
  private readonly unreadable = new Set<string>();

  constructor(
    private readonly recipe: Recipe,
    private readonly resources: Pick<Resources, 'train' | 'test'>,
    workers = usualWorkers(recipe, resources),
    private readonly onUnreadable?: (image: UnreadableImage) => void,
  ) {
    const { train, test } = resources;
    const { augmentation, cropShare = imageNetPreprocessing.cropShare } = recipe;
    const imageSize = (this.side = recipe.imageSize ?? train.size.height);
    this.preparer = openLoader(
      {
        train: { dataset: train, spec: { for: 'training', imageSize, augmentation } },
        test: { dataset: test, spec: { for: 'evaluation', imageSize, cropShare } },
      },
      workers,
    );
  }

  /** Every batch from a position to the end of the recipe. */
  training({ epoch, step }: { readonly epoch: number; readonly step: number }): AsyncGenerator<Batch> {
    return this.ahead(this.trainingRequests(epoch, step));
  }

  /** The test images in order. */
  test(): AsyncGenerator<Batch> {
    return this.ahead(this.testRequests());
  }

  /** Images that could not be read so far. */
  get unreadableCount(): number {
    return this.unreadable.size;
  }

  close(): Promise<void> {
    return this.preparer.close();
  }

  private *trainingRequests(epoch: number, step: number): Generator<BatchRequest, void> {
    const {
      recipe: { seed, batchSize, accumulation, epochs, repeats = 1 },
      resources: { train },
    } = this;
    const micro = batchSize / accumulation;
    for (let e = epoch; e < epochs; e++) {
      const random = new Random(seed).fork('data').fork(e + 1);
      const order = epochOrder(train.count, random);
      const steps = batchCount(train.count, batchSize, true);
      for (let k = e === epoch ? step : 0; k < steps; k++) {
        // Dealt to the micro-batches in turn, as timm's samplers deal to GPUs: copies of an image go to different ones.
        const dealt = (i: number): number => k * batchSize + (i % micro) * accumulation + Math.floor(i / micro);
        const indices = Uint32Array.from({ length: batchSize }, (_, i) => order[Math.floor(dealt(i) / repeats)]!);
        yield { source: 'train', indices, seed: random.fork(k).seed };
      }
    }
  }

  private *testRequests(): Generator<BatchRequest, void> {
    const order = epochOrder(this.resources.test.count);
    const size = evaluationBatch(this.side);
    for (let start = 0; start < order.length; start += size)
      yield { source: 'test', indices: order.slice(start, start + size), seed: 0 };
  }

  private async *ahead(requests: Iterator<BatchRequest, void>): AsyncGenerator<Batch> {
    const asked: Promise<BatchData>[] = [];
    const most = this.preparer.workerCount + 1;
    for (;;) {
      while (asked.length < most) {
        const request = requests.next();
        if (request.done === true) break;
        const prepared = this.preparer.load(request.value);
        // Whoever waits for it hears of a fault; if nobody does any more, it is no matter.
        prepared.catch(() => undefined);
        asked.push(prepared);
      }
      const next = asked.shift();
      if (!next) return;
      const prepared = await next;
      this.tell(prepared);
      if (prepared.indices.length > 0) yield toBatch(prepared);
    }
  }

  private tell({ unreadable = [] }: BatchData): void {
    for (const image of unreadable) {
      if (this.unreadable.has(image.name)) continue;
      this.unreadable.add(image.name);
      this.onUnreadable?.(image);
    }
  }
}

/** None where a batch is made in a small part of a step: small images, cropped and flipped. Else up to eight, one core left to the step. */
function usualWorkers({ imageSize = 0, augmentation }: Recipe, { train }: Pick<Resources, 'train'>): number {
  if ('images' in train && typeof augmentation === 'string' && Math.max(imageSize, train.size.height) <= 64) return 0;
  return Math.min(8, Math.max(1, os.availableParallelism() - 1));
}
