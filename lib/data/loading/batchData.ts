import type { ImageSize } from '../image';

/** A batch as plain arrays, which worker threads can produce and send; `toBatch` makes tensors of it. */
export interface BatchData {
  /** [batch, height, width, 3], normalised; with `crops`, the stored bytes, four in each value. */
  readonly values: Float32Array;
  /** [batch, 3]: first row and column of each crop, and 1 if it is flipped. Present if the device augments images. */
  readonly crops?: Float32Array;
  readonly size: ImageSize;
  /** [batch] */
  readonly labels: Int32Array;
  /** [batch], each image's index in the dataset. */
  readonly indices: Uint32Array;
  /** Requested images that could not be read. */
  readonly unreadable?: readonly UnreadableImage[];
}

/** An image that could not be read, and the reason. */
export interface UnreadableImage {
  readonly name: string;
  readonly reason: string;
}
