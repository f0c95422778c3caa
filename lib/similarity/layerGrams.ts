import { UserError } from '../errors';
import type { Model } from '../models/model';
import * as tf from '../tensor/engine/tf';
import type { ImageBatches } from './compareModels';
import { exampleGram, type ExampleGram } from './exampleGram';

export interface LayerGramOptions {
  /** Number of all images, to estimate the memory. */
  readonly examples: number;
  /** Bytes that features and Gram matrices may take. Default: no limit. */
  readonly maxMemory?: number;
  /** Called after each batch with the number of batches so far. */
  readonly onBatch?: (batches: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * The Gram matrix over all images of every layer in `blockNames`, in float64. The features of all layers are kept until
 * the last batch: throws a UserError with the number of bytes, after the first batch, if that is more than `maxMemory`.
 * Throws the reason of `signal` if it is aborted, and a UserError for NaN, infinity or fewer than two images.
 */
export async function layerGrams(
  model: Model,
  batches: ImageBatches<tf.Tensor4D>,
  { examples, maxMemory = Infinity, onBatch, signal }: LayerGramOptions,
): Promise<ReadonlyMap<string, ExampleGram>> {
  const features = new Map<string, tf.Tensor2D[]>(model.blockNames.map((layer) => [layer, []]));
  let count = 0;
  try {
    for await (const images of batches) {
      signal?.throwIfAborted();
      collect(model, images, features);
      if (count === 0) checkMemory(model, features, examples, maxMemory);
      count++;
      onBatch?.(count);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (count === 0) throw new UserError(`No images were given to compare ${model.name} on.`);
    const grams = new Map<string, ExampleGram>();
    for (const [layer, parts] of features) {
      signal?.throwIfAborted();
      const whole = tf.concat(parts, 0);
      tf.dispose(parts.splice(0));
      try {
        grams.set(layer, exampleGram(whole, `${model.name} ${layer}`));
      } finally {
        whole.dispose();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    return grams;
  } finally {
    tf.dispose([...features.values()].flat());
  }
}

/** Bytes for the features of these widths and for their Gram matrices, each of which is held twice while measured. */
export function memoryOf(widths: readonly number[], examples: number): number {
  const features = widths.reduce((sum, width) => sum + width, 0) * examples * 4;
  return features + 2 * widths.length * examples ** 2 * 8;
}

function collect(model: Model, images: tf.Tensor4D, features: ReadonlyMap<string, tf.Tensor2D[]>): void {
  tf.tidy(() => {
    model.forward(images, {
      mode: 'eval',
      tap: (layer, feature) => {
        const flat = tf.reshape<tf.Rank.R2>(feature, [feature.shape[0], -1]);
        features.get(layer)?.push(tf.keep(tf.clone(flat)));
      },
    });
  });
}

function checkMemory(
  { name }: Model,
  features: ReadonlyMap<string, readonly tf.Tensor2D[]>,
  examples: number,
  maxMemory: number,
): void {
  const widths = [...features.values()].map(([first]) => first?.shape[1] ?? 0);
  const bytes = memoryOf(widths, examples);
  if (bytes <= maxMemory) return;
  throw new UserError(
    `The features of ${widths.length} layers of ${name} on ${examples} images take ${gigabytes(bytes)}, more than ` +
      `the limit of ${gigabytes(maxMemory)}. Use fewer images or layers, a higher limit (--max-memory), or ` +
      `minibatch CKA, ` +
      'which holds one batch at a time.',
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toPrecision(3)} GB`;
