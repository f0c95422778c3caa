import type { ImageSize, Rgb } from '../image';
import type { LeftOut } from './leftOut';
import type { PackedStrings } from './packedStrings';

/** Labelled images, either as bytes in memory or as files that are decoded when a batch is loaded. */
export type Dataset = InMemoryDataset | FileDataset;

/** Everything about a dataset except its pixels. */
export interface DatasetInfo {
  readonly name: string;
  /** [count], each an index into `classes`. */
  readonly labels: Uint8Array | Uint16Array;
  readonly count: number;
  /** The size of the images in memory, or the size to which files are cropped and resized. */
  readonly size: ImageSize;
  readonly classes: readonly string[];
  /** Mean and standard deviation of each channel, on a scale of 0 to 1; images are normalised by them. */
  readonly mean: Rgb;
  readonly std: Rgb;
}

/** Images of one size, held as bytes. */
export interface InMemoryDataset extends DatasetInfo {
  /** [count, height, width, 3], with red, green and blue interleaved. */
  readonly images: Uint8Array;
}

/**
 * Images of any size in files or tar shards, decoded each time they are loaded. Only plain data, so that it can be
 * passed to worker threads.
 */
export interface FileDataset extends DatasetInfo {
  readonly folder: string;
  /** Each image's path relative to `folder`, or its name inside its shard. */
  readonly names: PackedStrings;
  /** Present if the images lie in tar shards. */
  readonly shards?: ShardIndex;
  /** The files that are not used, counted by reason. */
  readonly leftOut: readonly LeftOut[];
  /** Sentences about the folder that the user should read. */
  readonly notices: readonly string[];
}

/** Where each image lies in a set of uncompressed tar archives. */
export interface ShardIndex {
  /** File names of the archives. */
  readonly files: readonly string[];
  /** [count] each: the index into `files`, the first byte of the image, and its number of bytes. */
  readonly fileIndex: Uint16Array;
  readonly start: Float64Array;
  readonly length: Uint32Array;
}

/** The number of bytes of one image: height × width × 3. */
export function bytesPerImage({ size: { height, width } }: InMemoryDataset): number {
  return height * width * 3;
}
