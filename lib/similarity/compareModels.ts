import { UserError, unknownName } from '../errors';
import type { Model } from '../models/model';
import * as tf from '../tensor/tf';
import { centredGram, type CentredGram } from './gram';
import { MinibatchCka, type Similarities } from './minibatchCka';

export interface CompareOptions {
  /** Names of the layers to compare; all blocks unless told. */
  readonly rowLayers?: readonly string[];
  readonly columnLayers?: readonly string[];
  /** Called after each batch with the number of batches so far. */
  readonly onBatch?: (batches: number) => void;
  readonly signal?: AbortSignal;
}

export interface Comparison extends Similarities {
  readonly batches: number;
  readonly examples: number;
  /** Examples of batches smaller than the first, left out so that every batch weighs alike. */
  readonly dropped: number;
}

/**
 * Minibatch CKA of the layers of two models (which may be one and the same) in one pass over batches of normalised images
 * [batch, height, width, 3], batch ≥ 4. The batches stay the caller's, and are used only until the next one is asked for.
 */
export async function compareModels(
  rowModel: Model, columnModel: Model, batches: Iterable<tf.Tensor4D> | AsyncIterable<tf.Tensor4D>,
  { rowLayers = rowModel.blockNames, columnLayers = columnModel.blockNames, onBatch, signal }: CompareOptions = {},
): Promise<Comparison> {
  checkLayers(rowModel, rowLayers);
  checkLayers(columnModel, columnLayers);
  const cka = new MinibatchCka(rowLayers, columnLayers);
  const same = rowModel === columnModel;
  const wanted = same ? [...new Set([...rowLayers, ...columnLayers])] : rowLayers;
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
    const rowGrams = layerGrams(rowModel, images, wanted);
    const columnGrams = same ? rowGrams : layerGrams(columnModel, images, columnLayers);
    cka.addGrams(pick(rowGrams, rowLayers), pick(columnGrams, columnLayers));
    count++;
    examples += n;
    onBatch?.(count);
    // Reads are synchronous: let a notebook's interrupt and progress bar through.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (count === 0) throw new UserError(`There were no images to compare ${rowModel.name} and ${columnModel.name} on.`);
  return { ...cka.result(), batches: count, examples, dropped };
}

/** The Gram matrix of each wanted block, taken while the forward pass hands its feature out. */
function layerGrams(model: Model, images: tf.Tensor4D, wanted: readonly string[]): Map<string, CentredGram> {
  const grams = new Map<string, CentredGram>();
  const names = new Set(wanted);
  tf.tidy(() => {
    model.forward(images, { mode: 'eval', tap: (block, feature) => { if (names.has(block)) grams.set(block, centredGram(feature, `${model.name} ${block}`)); } });
  });
  return grams;
}

function pick(grams: ReadonlyMap<string, CentredGram>, names: readonly string[]): CentredGram[] {
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
