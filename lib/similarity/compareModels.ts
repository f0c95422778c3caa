import { UserError, unknownName } from '../errors';
import type { Model } from '../models/model';
import * as tf from '../tensor/engine/tf';
import { centredGram, type CentredGram } from './gram';
import { MinibatchCka, type Similarities } from './minibatchCka';

export interface CompareOptions {
  /** Called after each batch with the number of batches so far. */
  readonly onBatch?: (batches: number) => void;
  readonly signal?: AbortSignal;
}

export interface LayerChoice {
  /** Names of the layers to compare; all blocks unless told. */
  readonly rowLayers?: readonly string[];
  readonly columnLayers?: readonly string[];
}

/** Two models to compare (which may be one and the same): the one's layers in rows, the other's in columns. */
export interface ModelPair extends LayerChoice {
  readonly rowModel: Model;
  readonly columnModel: Model;
}

export interface Comparison extends Similarities {
  readonly batches: number;
  readonly examples: number;
  /** Examples of batches smaller than the first, left out so that every batch weighs alike. */
  readonly dropped: number;
}

/** Batches of normalised images [batch, height, width, 3], batch ≥ 4. They stay the caller's, and are used only until the next one is asked for. */
export type ImageBatches = Iterable<tf.Tensor4D> | AsyncIterable<tf.Tensor4D>;

/** Minibatch CKA of the layers of two models in one pass over the images. */
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
 * Minibatch CKA of several pairs of models in one pass over the images: each model sees a batch once, whatever the number of its
 * pairs, and at any time one layer's feature and the Gram matrices of one batch are held.
 */
export async function comparePairs(
  pairs: readonly ModelPair[],
  batches: ImageBatches,
  { onBatch, signal }: CompareOptions = {},
): Promise<Comparison[]> {
  const chosen = pairs.map(chosenLayers);
  const wanted = wantedLayers(chosen);
  const sums = chosen.map(({ rowLayers, columnLayers }) => new MinibatchCka(rowLayers, columnLayers));
  let size: number | undefined;
  let count = 0;
  let examples = 0;
  let dropped = 0;
  for await (const images of batches) {
    signal?.throwIfAborted();
    const n = images.shape[0];
    size ??= n;
    if (n < size) {
      dropped += n;
      continue;
    }
    const grams = new Map<Model, ReadonlyMap<string, CentredGram>>();
    for (const [model, layers] of wanted) {
      grams.set(model, layerGrams(model, images, layers));
      // Reads are synchronous: let a notebook's interrupt and progress bar through.
      await new Promise((resolve) => setImmediate(resolve));
    }
    chosen.forEach(({ rowModel, columnModel, rowLayers, columnLayers }, i) =>
      sums[i]!.addGrams(pick(grams.get(rowModel), rowLayers), pick(grams.get(columnModel), columnLayers)),
    );
    count++;
    examples += n;
    onBatch?.(count);
  }
  if (count === 0)
    throw new UserError(
      `There were no images to compare ${[...wanted.keys()].map(({ name }) => name).join(' and ')} on.`,
    );
  return sums.map((sum) => ({ ...sum.result(), batches: count, examples, dropped }));
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

/** The layers that any pair asks of each model. */
function wantedLayers(pairs: readonly Required<ModelPair>[]): ReadonlyMap<Model, ReadonlySet<string>> {
  const wanted = new Map<Model, Set<string>>();
  for (const { rowModel, columnModel, rowLayers, columnLayers } of pairs) {
    for (const [model, layers] of [
      [rowModel, rowLayers],
      [columnModel, columnLayers],
    ] as const) {
      wanted.set(model, new Set([...(wanted.get(model) ?? []), ...layers]));
    }
  }
  return wanted;
}

/** The Gram matrix of each wanted block, taken while the forward pass hands its feature out. */
function layerGrams(model: Model, images: tf.Tensor4D, wanted: ReadonlySet<string>): Map<string, CentredGram> {
  const grams = new Map<string, CentredGram>();
  tf.tidy(() => {
    model.forward(images, {
      mode: 'eval',
      tap: (block, feature) => {
        if (wanted.has(block)) grams.set(block, centredGram(feature, `${model.name} ${block}`));
      },
    });
  });
  return grams;
}

function pick(grams: ReadonlyMap<string, CentredGram> = new Map(), names: readonly string[]): CentredGram[] {
  return names.map((name) => {
    const gram = grams.get(name);
    if (!gram) throw unknownName('layer', name, [...grams.keys()]);
    return gram;
  });
}

function checkLayers({ name, blockNames }: Model, layers: readonly string[]): void {
  if (layers.length === 0) throw new UserError(`No layers of ${name} were named for the comparison.`);
  for (const layer of layers) if (!blockNames.includes(layer)) throw unknownName(`layer of ${name}`, layer, blockNames);
}
