import { UserError } from '../../errors';
import type { Random } from '../../tensor/random';
import { imageBytes, type ImageSet, type ImageSize } from '../images/imageSet';
import type { Pixels, Transform } from '../augmentation/transform';

/** What is done to each image on its way to a network. */
export interface Changes {
  /** Before it is normalised. */
  readonly transform?: Transform;
  /** After it is normalised, in place. */
  readonly finish?: Finish;
}

/** A change to the normalised values [height, width, 3] of one image. */
export type Finish = (values: Float32Array, size: ImageSize, random: Random) => void;

/** The images of a batch as numbers, not yet on the device. */
export interface Prepared {
  /** [batch, height, width, 3], normalised. */
  readonly values: Float32Array;
  readonly size: ImageSize;
  /** [batch] */
  readonly labels: Int32Array;
  /** [batch], each image's place in the set. */
  readonly indices: Uint32Array;
  /** Images wanted that could not be had. */
  readonly unreadable?: readonly Unreadable[];
}

/** An image that could not be had, and why. */
export interface Unreadable {
  readonly name: string;
  readonly reason: string;
}

/** Changes and normalises these images of a set, one after the other, all from one stream of random numbers. */
export function prepare(set: ImageSet, indices: Uint32Array, random: Random, { transform, finish }: Changes): Prepared {
  const bytes = imageBytes(set);
  const tables = [0, 1, 2].map((channel) => table(set.mean[channel]!, set.std[channel]!));
  let values = new Float32Array(0);
  let size = set.size;
  indices.forEach((index, i) => {
    const stored: Pixels = { data: set.images.subarray(index * bytes, (index + 1) * bytes), ...set.size };
    const image = transform ? transform(stored, random) : stored;
    if (i === 0) {
      size = { height: image.height, width: image.width };
      values = new Float32Array(indices.length * image.data.length);
    }
    if (image.height !== size.height || image.width !== size.width) {
      throw new UserError(
        `${set.name}: a batch cannot mix images of ${size.height} × ${size.width} and ${image.height} × ${image.width}. End the transforms with one size.`,
      );
    }
    const own = values.subarray(i * image.data.length, (i + 1) * image.data.length);
    normalise(image.data, tables, own);
    finish?.(own, size, random);
  });
  return { values, size, labels: Int32Array.from(indices, (index) => set.labels[index]!), indices };
}

/** The normalised value of each byte. */
function table(mean: number, std: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / std);
}

function normalise(bytes: Uint8Array, [red, green, blue]: readonly Float32Array[], values: Float32Array): void {
  for (let i = 0; i < bytes.length; i += 3) {
    values[i] = red![bytes[i]!]!;
    values[i + 1] = green![bytes[i + 1]!]!;
    values[i + 2] = blue![bytes[i + 2]!]!;
  }
}
