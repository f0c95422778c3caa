import { Random } from '../../tensor/random';
import type { Dataset, InMemoryDataset } from '../datasets/dataset';
import type { DecoderProcesses } from '../decoding/decoderProcesses';
import type { CropAndFlip } from '../transforms/cropAndFlip';
import { createTransforms, type TransformSpec } from '../transforms/transformSpec';
import type { BatchData } from './batchData';
import { loadFromFiles } from './loadFromFiles';
import { loadFromMemory } from './loadFromMemory';
import { loadStored } from './loadStored';

/** Datasets and their transforms by name, such as `train` and `test`. */
export type LoaderSources = Readonly<Record<string, LoaderSource>>;

export type LoaderSource =
  | { readonly dataset: Dataset; readonly spec: TransformSpec }
  /** Stored images, which the device crops and flips. */
  | { readonly dataset: InMemoryDataset; readonly onDevice: CropAndFlip };

/**
 * The images of one batch: the name of their source, their indices in its dataset, and the seed of their transforms.
 */
export interface BatchRequest {
  readonly source: string;
  readonly indices: Uint32Array;
  readonly seed: number;
}

/** Loads one batch. The result depends only on the arguments. */
export async function loadBatch(
  sources: LoaderSources,
  { source, indices, seed }: BatchRequest,
  processes: DecoderProcesses,
): Promise<BatchData> {
  const given = sources[source]!;
  if ('onDevice' in given) return loadStored(given.dataset, indices, new Random(seed), given.onDevice);
  const { dataset, spec } = given;
  return 'images' in dataset
    ? loadFromMemory(dataset, indices, new Random(seed), createTransforms(spec, dataset))
    : loadFromFiles(dataset, indices, new Random(seed), spec, processes);
}

/** A worker thread's reply to a request: the batch, or the message of the error and whether it was a UserError. */
export type WorkerReply = { readonly data: BatchData } | { readonly error: string; readonly isUserError: boolean };
