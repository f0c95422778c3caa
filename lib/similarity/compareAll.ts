import type { Model } from '../models/model';
import { comparePairs, type CompareOptions, type Comparison, type ImageBatches } from './compareModels';

/** The comparison of two networks of a list; `first` and `second` are the same if a network is compared with itself. */
export interface NetworkComparison<Network> extends Comparison {
  readonly first: Network;
  readonly second: Network;
}

/**
 * Minibatch CKA of every network with itself, then of every pair of different networks, in one pass over the images:
 * each network sees each batch once.
 */
export async function compareAll<Network extends { readonly model: Model }>(
  networks: readonly Network[],
  batches: ImageBatches,
  options: CompareOptions = {},
): Promise<NetworkComparison<Network>[]> {
  const pairs = [
    ...networks.map((network) => ({ first: network, second: network })),
    ...networks.flatMap((first, i) => networks.slice(i + 1).map((second) => ({ first, second }))),
  ];
  const comparisons = await comparePairs(
    pairs.map(({ first, second }) => ({ rowModel: first.model, columnModel: second.model })),
    batches,
    options,
  );
  return comparisons.map((comparison, i) => ({ ...comparison, ...pairs[i]! }));
}
