import { createHash } from 'node:crypto';
import type { Dataset } from '../../data/datasets/dataset';
import { UserError } from '../../errors';
import type { Model } from '../../models/model';
import { scoreOf, type CalibratedRecord } from '../../results/records/calibratedRecord';
import { permutations, type Calibrated, type CalibratedGrid } from '../../similarity/calibration';
import { comparePairs, type Comparison } from '../../similarity/compareModels';
import { likeDepth } from '../../similarity/depth';
import type { ExampleGram } from '../../similarity/exampleGram';
import { layerGrams } from '../../similarity/layerGrams';
import { measureNamed, type NamedMeasure } from '../../similarity/measures';
import { Random } from '../../tensor/random';
import type * as tf from '../../tensor/engine/tf';
import { sampleBatches, type ImageFormat } from './sampleBatches';

/** A network of which the layers in `blockNames` are compared. */
export interface MeasuredNetwork extends ImageFormat {
  readonly model: Model;
  readonly record: CalibratedRecord['a'];
  /** Hash of the code of networks that are not of this library. */
  readonly code?: string;
}

export interface CalibratedSettings {
  /** `minibatch-cka`, or names of `lib/similarity/measures.ts`. */
  readonly measures: readonly string[];
  /** Number of images, and of those in a batch. */
  readonly images: number;
  readonly batchSize: number;
  readonly permutations: number;
  readonly alpha: number;
  readonly seed: number;
  /** Name of the images in the records. */
  readonly dataset: string;
  /** Bytes for the measures that need the features of all images. Default: no limit. */
  readonly maxMemory?: number;
  readonly signal?: AbortSignal;
  /** Called with what is being computed and the share of it that is done. */
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** A calibrated similarity, without the provenance that its record adds. */
export type CalibratedMeasurement = Omit<CalibratedRecord, 'commit' | 'dirty' | 'command'>;

/** The name of the measure that needs only one batch at a time. */
export const minibatchCka = 'minibatch-cka';

/**
 * Measures every pair of networks on one sample of images, calibrated by permuting the images of the second. All pairs
 * and layers share the permutations. Minibatch CKA takes one pass over the images, the other measures one pass for each
 * network. Throws a UserError for an unknown measure, for fewer images than it needs, for features of all images that
 * exceed `maxMemory`, and for NaN or infinity; throws the reason of `signal`.
 */
export async function* calibratedSimilarities(
  pairs: readonly (readonly [MeasuredNetwork, MeasuredNetwork])[],
  images: Dataset,
  settings: CalibratedSettings,
): AsyncGenerator<CalibratedMeasurement> {
  const measures = settings.measures.filter((name) => name !== minibatchCka).map(measureNamed);
  checkImages(images, settings, measures);
  const random = new Random(settings.seed);
  const indices = random.fork('order').permutation(images.count).slice(0, settings.images);
  if (settings.measures.includes(minibatchCka)) {
    const comparisons = await minibatchComparisons(pairs, images, indices, settings);
    for (const [i, [a, b]] of pairs.entries()) {
      const { calibrated, examples } = comparisons[i]!;
      yield measurement(a, b, { id: minibatchCka, name: 'minibatch CKA' }, calibrated!, examples, settings);
    }
  }
  if (measures.length === 0) return;
  const grams = await gramsOf([...new Set(pairs.flat())], images, indices, settings);
  for (const [a, b] of pairs) {
    const [rows, columns] = [a, b].map((network) => [...grams.get(network)!.values()]);
    const orders = permutations(settings.permutations, rows![0]!.examples, random.fork('permutations'));
    for (const measure of measures) {
      const { signal, alpha, onProgress } = settings;
      const stage = `${measure.name} of ${a.record.network} and ${b.record.network}`;
      const grid = await measure.compare(rows!, columns!, {
        permutations: orders,
        alpha,
        signal,
        onPermutation: (done) => onProgress?.(stage, done, orders.length),
      });
      yield measurement(a, b, measure, grid, rows![0]!.examples, settings);
    }
  }
}

async function minibatchComparisons(
  pairs: readonly (readonly [MeasuredNetwork, MeasuredNetwork])[],
  images: Dataset,
  indices: Uint32Array,
  { batchSize, permutations: count, alpha, seed, signal, onProgress }: CalibratedSettings,
): Promise<Comparison[]> {
  const networks = [...new Set(pairs.flat())];
  const total = Math.floor(indices.length / batchSize);
  return comparePairs(
    pairs.map(([a, b]) => ({ rowModel: a.model, columnModel: b.model })),
    batchesOfModels(networks, images, indices, batchSize),
    {
      calibration: { permutations: count, alpha, random: new Random(seed).fork('permutations') },
      signal,
      onBatch: (done) => onProgress?.('minibatch CKA', done, total),
    },
  );
}

/** Each batch in the format of every network. */
async function* batchesOfModels(
  networks: readonly MeasuredNetwork[],
  images: Dataset,
  indices: Uint32Array,
  batchSize: number,
): AsyncGenerator<ReadonlyMap<Model, tf.Tensor4D>, void, void> {
  const streams = networks.map((network) => sampleBatches(images, indices, batchSize, network));
  try {
    for (;;) {
      const next = await Promise.all(streams.map((stream) => stream.next()));
      const batches = next.flatMap(({ value, done }) => (done === true ? [] : [value]));
      if (batches.length < networks.length) return;
      yield new Map(networks.map(({ model }, i) => [model, batches[i]!]));
    }
  } finally {
    await Promise.all(streams.map((stream) => stream.return()));
  }
}

async function gramsOf(
  networks: readonly MeasuredNetwork[],
  images: Dataset,
  indices: Uint32Array,
  { batchSize, maxMemory, signal, onProgress }: CalibratedSettings,
): Promise<ReadonlyMap<MeasuredNetwork, ReadonlyMap<string, ExampleGram>>> {
  const grams = new Map<MeasuredNetwork, ReadonlyMap<string, ExampleGram>>();
  const total = Math.ceil(indices.length / batchSize);
  for (const network of networks) {
    const stage = `features of ${network.record.network}`;
    const onBatch = (done: number): void => onProgress?.(stage, done, total);
    const batches = sampleBatches(images, indices, batchSize, network);
    const options = { examples: indices.length, maxMemory, signal, onBatch };
    grams.set(network, await layerGrams(network.model, batches, options));
  }
  return grams;
}

function checkImages(
  images: Dataset,
  { images: count, batchSize }: CalibratedSettings,
  measures: NamedMeasure[],
): void {
  if (images.count < count)
    throw new UserError(
      `${images.name} has ${images.count} images, and ${count} were requested. Request fewer images.`,
    );
  for (const { name, minExamples } of measures)
    if (count < minExamples) throw new UserError(`${name} needs at least ${minExamples} images, not ${count}.`);
  if (batchSize > count)
    throw new UserError(`A batch of ${batchSize} images is more than the ${count} images. Use a smaller batch.`);
}

/** The key of a measurement, equal for the same networks, layers, images and settings. */
export function measurementId(
  [a, b]: readonly [MeasuredNetwork, MeasuredNetwork],
  measure: string,
  { dataset, images, batchSize, permutations: count, alpha, seed }: CalibratedSettings,
): string {
  const networks = [a, b].map(({ model, record, imageSize, code }) => [
    record.network,
    record.weights?.sha256 ?? 'random',
    imageSize,
    model.blockNames,
    ...(code === undefined ? [] : [code]),
  ]);
  const key = JSON.stringify([networks, dataset, measure, images, batchSize, count, alpha, seed]);
  return createHash('sha256').update(key).digest('hex').slice(0, 12);
}

function measurement(
  a: MeasuredNetwork,
  b: MeasuredNetwork,
  { id: measure, name: title }: Pick<NamedMeasure, 'id' | 'name'>,
  { values, max, mean }: CalibratedGrid,
  examples: number,
  settings: CalibratedSettings,
): CalibratedMeasurement {
  const { dataset, permutations: count, alpha, batchSize, seed } = settings;
  const of = (field: 'observed' | 'threshold' | 'p'): (number | null)[][] =>
    values.map((row) => row.map((cell) => cell && rounded(cell[field])));
  const [rows, columns] = [a.model.blockNames, b.model.blockNames];
  const equal = rows.flatMap((_, i) => {
    const cell = values[i]![columns.length > 1 && rows.length > 1 ? likeDepth(i, { rows, columns }) : 0];
    return cell ? [cell] : [];
  });
  const meanOf = (number: (cell: Calibrated) => number): number =>
    rounded(equal.reduce((sum, cell) => sum + number(cell), 0) / equal.length);
  return {
    id: measurementId([a, b], measure, settings),
    a: a.record,
    b: b.record,
    dataset,
    measure,
    title,
    rows,
    columns,
    observed: of('observed'),
    threshold: of('threshold'),
    p: of('p'),
    max: max && summaryOf(max),
    mean: mean && summaryOf(mean),
    likeDepth:
      equal.length === 0
        ? null
        : {
            observed: meanOf(({ observed }) => observed),
            score: meanOf(({ observed, threshold }) => scoreOf(observed, threshold)),
            above: meanOf(({ p }) => (p <= alpha ? 1 : 0)),
          },
    permutations: count,
    alpha,
    examples,
    batchSize,
    seed,
  };
}

const summaryOf = ({ observed, threshold, p }: Calibrated): NonNullable<CalibratedRecord['max']> => ({
  observed: rounded(observed),
  threshold: rounded(threshold),
  p: rounded(p),
});

/** Five decimals: more than the samples of images determine. */
const rounded = (value: number): number => Number(value.toFixed(5));
