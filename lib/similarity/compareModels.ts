import { UserError, unknownName } from '../errors';
import type { Model } from '../models/model';
import * as tf from '../tensor/engine/tf';
import type { Random } from '../tensor/random';
import { BlockGrams } from './blockGrams';
import { permutations, type CalibratedGrid } from './calibration';
import type { CentredGram } from './gram';
import { MinibatchCka, type Similarities } from './minibatchCka';

export interface CompareOptions {
  /** Called after each batch with the number of batches so far. */
  readonly onBatch?: (batches: number) => void;
  readonly signal?: AbortSignal;
  /** Also calibrates by permuting the images of the column models within each batch. */
  readonly calibration?: Calibration;
}

export interface Calibration {
  /** Number of permutations. */
  readonly permutations: number;
  /** The share of unrelated pairs of layers that may pass. Default: 0.05. */
  readonly alpha?: number;
  readonly random: Random;
}

export interface LayerChoice {
  /** Names of the layers to compare. Default: all blocks. */
  readonly rowLayers?: readonly string[];
  readonly columnLayers?: readonly string[];
}

/**
 * Two models to compare, which may be the same one. Rows of the table are layers of the first, columns of the second.
 */
export interface ModelPair extends LayerChoice {
  readonly rowModel: Model;
  readonly columnModel: Model;
}

export interface Comparison extends Similarities {
  readonly batches: number;
  readonly examples: number;
  /** Number of examples in batches smaller than the first. They are left out so that all batches have equal weight. */
  readonly dropped: number;
  /** With the option `calibration`. */
  readonly calibrated?: CalibratedGrid;
}

/**
 * Normalised images [batch, height, width, 3], batch ≥ 4: for all models, or for each the same images in its own size.
 * The caller may dispose a batch when the next one is requested.
 */
export type ImageBatches<Images = tf.Tensor4D | ReadonlyMap<Model, tf.Tensor4D>> =
  Iterable<Images> | AsyncIterable<Images>;

/** Minibatch CKA of the layers of two models, in one pass over the images. Throws as `comparePairs` does. */
export async function compareModels(
  rowModel: Model,
  columnModel: Model,
  batches: ImageBatches,
  { rowLayers, columnLayers, ...options }: CompareOptions & LayerChoice = {},
): Promise<Comparison> {
  const [comparison] = await comparePairs([{ rowModel, columnModel, rowLayers, columnLayers }], batches, options);
  return comparison!;
}

/**
 * Minibatch CKA of several pairs of models, in one pass over the images. Each model computes a batch once, whatever the
 * number of its pairs. Memory holds one layer's feature and the Gram matrices of one batch at a time. Throws a
 * UserError for unknown layers, batches of less than 4, features with NaN or infinity, or if there are no images;
 * throws the reason of `signal` if it is aborted.
 */
export async function comparePairs(
  pairs: readonly ModelPair[],
  batches: ImageBatches,
  { onBatch, signal, calibration }: CompareOptions = {},
): Promise<Comparison[]> {
  const chosen = pairs.map(chosenLayers);
  const layersOfModels = layersByModel(chosen);
  const sums = chosen.map(
    ({ rowLayers, columnLayers }) => new MinibatchCka(rowLayers, columnLayers, calibration?.permutations),
  );
  const blocksOfModels = [...layersOfModels].map(([model, layers]) => new BlockGrams(model, layers));
  let size: number | undefined;
  let count = 0;
  let examples = 0;
  let dropped = 0;
  try {
    for await (const images of batches) {
      signal?.throwIfAborted();
      const imagesOf = (model: Model): tf.Tensor4D => (images instanceof tf.Tensor ? images : ofModel(images, model));
      const n = sameCount([...layersOfModels.keys()].map((model) => imagesOf(model).shape[0]));
      size ??= n;
      if (n < size) {
        dropped += n;
        continue;
      }
      const grams = new Map<Model, ReadonlyMap<string, CentredGram>>();
      for (const blocks of blocksOfModels) {
        grams.set(blocks.model, blocks.grams(imagesOf(blocks.model)));
        // Tensors are read synchronously. This lets a notebook's interrupt and progress bar run in between.
        await new Promise((resolve) => setImmediate(resolve));
      }
      const orders = calibration && permutations(calibration.permutations, n, calibration.random.fork(count));
      chosen.forEach(({ rowModel, columnModel, rowLayers, columnLayers }, i) =>
        sums[i]!.addGrams(pick(grams.get(rowModel), rowLayers), pick(grams.get(columnModel), columnLayers), orders),
      );
      count++;
      examples += n;
      onBatch?.(count);
    }
  } finally {
    for (const blocks of blocksOfModels) blocks.dispose();
  }
  if (count === 0)
    throw new UserError(
      `No images were given to compare ${[...layersOfModels.keys()].map(({ name }) => name).join(' and ')} on.`,
    );
  return sums.map((sum) => ({
    ...sum.result(),
    batches: count,
    examples,
    dropped,
    ...(calibration && { calibrated: sum.calibrated(calibration.alpha) }),
  }));
}

function ofModel(images: ReadonlyMap<Model, tf.Tensor4D>, model: Model): tf.Tensor4D {
  const own = images.get(model);
  if (!own) throw new UserError(`A batch has no images for ${model.name}. Give every network the same images.`);
  return own;
}

function sameCount(counts: readonly number[]): number {
  const [first = 0] = counts;
  if (counts.every((count) => count === first)) return first;
  throw new UserError(
    `The networks were given different numbers of images in one batch: ${counts.join(', ')}. ` +
      'Give every network the same images.',
  );
}

function chosenLayers({
  rowModel,
  columnModel,
  rowLayers = rowModel.blockNames,
  columnLayers = columnModel.blockNames,
}: ModelPair): Required<ModelPair> {
  checkLayers(rowModel, rowLayers);
  checkLayers(columnModel, columnLayers);
  return { rowModel, columnModel, rowLayers, columnLayers };
}

/** The layers of each model that any pair compares. */
function layersByModel(pairs: readonly Required<ModelPair>[]): ReadonlyMap<Model, ReadonlySet<string>> {
  const layersOfModels = new Map<Model, Set<string>>();
  for (const { rowModel, columnModel, rowLayers, columnLayers } of pairs) {
    for (const [model, layers] of [
      [rowModel, rowLayers],
      [columnModel, columnLayers],
    ] as const) {
      layersOfModels.set(model, new Set([...(layersOfModels.get(model) ?? []), ...layers]));
    }
  }
  return layersOfModels;
}

function pick(grams: ReadonlyMap<string, CentredGram> = new Map(), names: readonly string[]): CentredGram[] {
  return names.map((name) => {
    const gram = grams.get(name);
    if (!gram) throw unknownName('layer', name, [...grams.keys()]);
    return gram;
  });
}

function checkLayers({ name, blockNames }: Model, layers: readonly string[]): void {
  if (layers.length === 0) throw new UserError(`The list of layers of ${name} is empty. Name at least one layer.`);
  for (const layer of layers) if (!blockNames.includes(layer)) throw unknownName(`layer of ${name}`, layer, blockNames);
}
