import { unknownName, UserError } from '../../errors';
import { bytesPerImage, type Dataset, type FileDataset, type InMemoryDataset, type ShardIndex } from './dataset';
import { packStrings, stringAt } from './packedStrings';

/** The images at these indices, in this order. Throws a UserError for an index out of range. */
export function subset(dataset: InMemoryDataset, indices: ArrayLike<number>): InMemoryDataset;
export function subset(dataset: FileDataset, indices: ArrayLike<number>): FileDataset;
export function subset(dataset: Dataset, indices: ArrayLike<number>): Dataset;
export function subset(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  for (const index of Array.from(indices)) {
    if (Number.isInteger(index) && index >= 0 && index < dataset.count) continue;
    throw new UserError(`${dataset.name} has no image ${index}. Its ${dataset.count} images are counted from 0.`);
  }
  return 'images' in dataset ? subsetInMemory(dataset, indices) : subsetOfFiles(dataset, indices);
}

/**
 * The images of the named classes; their labels are then indices into `names`. Throws a UserError that names similar
 * classes if one is unknown.
 */
export function selectClasses(dataset: InMemoryDataset, names: readonly string[]): InMemoryDataset {
  const selected = names.map((name) => {
    const label = dataset.classes.indexOf(name);
    if (label < 0) throw unknownName(`class of ${dataset.name}`, name, dataset.classes);
    return label;
  });
  const indices = Array.from(dataset.labels.keys()).filter((index) => selected.includes(dataset.labels[index]!));
  const chosen = subset(dataset, indices);
  return { ...chosen, classes: names, labels: chosen.labels.map((label) => selected.indexOf(label)) };
}

function subsetInMemory(dataset: InMemoryDataset, indices: ArrayLike<number>): InMemoryDataset {
  const bytes = bytesPerImage(dataset);
  const images = new Uint8Array(indices.length * bytes);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * bytes;
    images.set(dataset.images.subarray(from, from + bytes), i * bytes);
  }
  return { ...dataset, images, labels: selectLabels(dataset, indices), count: indices.length };
}

function subsetOfFiles(dataset: FileDataset, indices: ArrayLike<number>): FileDataset {
  const { names, shards } = dataset;
  return {
    ...dataset,
    count: indices.length,
    labels: selectLabels(dataset, indices),
    names: packStrings(Array.from(indices, (index) => stringAt(names, index))),
    ...(shards && { shards: selectShardEntries(shards, indices) }),
  };
}

function selectLabels({ labels }: Dataset, indices: ArrayLike<number>): Uint8Array | Uint16Array {
  const label = (index: number): number => labels[index]!;
  return labels instanceof Uint8Array ? Uint8Array.from(indices, label) : Uint16Array.from(indices, label);
}

function selectShardEntries({ files, fileIndex, start, length }: ShardIndex, indices: ArrayLike<number>): ShardIndex {
  return {
    files,
    fileIndex: Uint16Array.from(indices, (index) => fileIndex[index]!),
    start: Float64Array.from(indices, (index) => start[index]!),
    length: Uint32Array.from(indices, (index) => length[index]!),
  };
}
