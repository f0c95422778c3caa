import { UserError } from '../../errors';
import type { Random } from '../../tensor/random';
import type { Dataset, DatasetInfo, InMemoryDataset } from './dataset';
import { subset } from './subset';

/** The two parts of a dataset as indices, each in ascending order. */
export interface HoldOutIndices {
  readonly rest: number[];
  readonly heldOut: number[];
}

/** Sets `count` random images aside, stratified by class. Both parts keep the order of the dataset. */
export function holdOut(
  dataset: InMemoryDataset,
  count: number,
  random: Random,
): { readonly rest: InMemoryDataset; readonly heldOut: InMemoryDataset } {
  const { rest, heldOut } = holdOutIndices(dataset, count, random);
  return { rest: subset(dataset, rest), heldOut: subset(dataset, heldOut) };
}

/** `holdOut` as indices. Throws a UserError if the dataset has fewer than `count` images. */
export function holdOutIndices(dataset: DatasetInfo, count: number, random: Random): HoldOutIndices {
  if (!(Number.isInteger(count) && count >= 0 && count <= dataset.count)) {
    throw new UserError(
      `Cannot hold out ${count} images of ${dataset.name}, which has ${dataset.count}. ` +
        `Choose a whole number from 0 to ${dataset.count}.`,
    );
  }
  const isHeldOut = new Uint8Array(dataset.count);
  for (const index of stratifiedOrder(dataset, random).slice(0, count)) isHeldOut[index] = 1;
  const indices = Array.from(isHeldOut.keys());
  return {
    rest: indices.filter((index) => isHeldOut[index] === 0),
    heldOut: indices.filter((index) => isHeldOut[index] === 1),
  };
}

/** `count` random images, stratified by class, in the order of the dataset. */
export function stratifiedSample(dataset: Dataset, count: number, random: Random): Dataset {
  return subset(dataset, holdOutIndices(dataset, count, random).heldOut);
}

/**
 * All indices in a random order of which every prefix is stratified by class: the k-th of the n images of a class (k
 * from 0) is sorted by (k + ½) / n.
 */
function stratifiedOrder(dataset: DatasetInfo, random: Random): number[] {
  const classSizes = new Uint32Array(dataset.classes.length);
  for (const label of dataset.labels) classSizes[label]++;
  const seen = new Uint32Array(dataset.classes.length);
  const order = Array.from(random.permutation(dataset.count), (index) => {
    const label = dataset.labels[index]!;
    return { index, position: (seen[label]++ + 0.5) / classSizes[label]! };
  });
  return order.sort((a, b) => a.position - b.position).map(({ index }) => index);
}
