import { Random } from '../../tensor/random';
import type { Dataset } from '../datasets/dataset';
import type { DecoderProcesses } from '../decoding/decoderProcesses';
import { createTransforms, type TransformSpec } from '../transforms/transformSpec';
import type { BatchData } from './batchData';
import { loadFromFiles } from './loadFromFiles';
import { loadFromMemory } from './loadFromMemory';

/** Datasets and their transforms by name, such as `train` and `test`. */
export type LoaderSources = Readonly<Record<string, LoaderSource>>;

export interface LoaderSource {
  readonly dataset: Dataset;
  readonly spec: TransformSpec;
}

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
  const { dataset, spec } = sources[source]!;
  return 'images' in dataset
    ? loadFromMemory(dataset, indices, new Random(seed), createTransforms(spec, dataset))
    : loadFromFiles(dataset, indices, new Random(seed), spec, processes);
}

/** A worker thread's reply to a request: the batch, or the message of the error and whether it was a UserError. */
export type WorkerReply = { readonly data: BatchData } | { readonly error: string; readonly isUserError: boolean };
