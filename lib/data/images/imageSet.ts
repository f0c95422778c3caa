import { unknownName, UserError } from '../../errors';
import type { Random } from '../../tensor/random';

/** Three numbers, one for each of red, green and blue. */
export type Rgb = readonly [number, number, number];

/** Labelled images wherever they lie: in memory, or in files (`ImageFiles`). */
export interface LabelledImages {
  readonly name: string;
  /** [count], each an index into `classes`. */
  readonly labels: Uint8Array | Uint16Array;
  readonly count: number;
  readonly size: ImageSize;
  readonly classes: readonly string[];
  /** Mean and standard deviation by which the pixels, on a scale of 0 to 1, are normalised. */
  readonly mean: Rgb;
  readonly std: Rgb;
}

/** Labelled images of one size, kept as bytes. */
export interface ImageSet extends LabelledImages {
  /** [count, height, width, 3], red, green and blue side by side. */
  readonly images: Uint8Array;
}

export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** A set with the images at these places, in this order. */
export function subset(set: ImageSet, indices: ArrayLike<number>): ImageSet {
  const bytes = imageBytes(set);
  const images = new Uint8Array(indices.length * bytes);
  const labels = set.labels instanceof Uint8Array ? new Uint8Array(indices.length) : new Uint16Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]!;
    if (!(Number.isInteger(from) && from >= 0 && from < set.count)) {
      throw new UserError(`${set.name} has no image ${from}: it has ${set.count}, counted from 0.`);
    }
    images.set(set.images.subarray(from * bytes, (from + 1) * bytes), i * bytes);
    labels[i] = set.labels[from]!;
  }
  return { ...set, images, labels, count: indices.length };
}

/** The images of these classes alone, in the order in which they are named. Throws a UserError that names the nearest to an unknown class. */
export function ofClasses(set: ImageSet, names: readonly string[]): ImageSet {
  const wanted = names.map((name) => {
    const label = set.classes.indexOf(name);
    if (label < 0) throw unknownName(`class of ${set.name}`, name, set.classes);
    return label;
  });
  const places = Array.from(set.labels.keys()).filter((place) => wanted.includes(set.labels[place]!));
  const chosen = subset(set, places);
  return { ...chosen, classes: names, labels: chosen.labels.map((label) => wanted.indexOf(label)) };
}

/** Sets `n` images aside at random, of each class its share; both parts keep the order of the whole. */
export function holdOut(
  set: ImageSet,
  n: number,
  random: Random,
): { readonly rest: ImageSet; readonly heldOut: ImageSet } {
  const { rest, heldOut } = holdOutPlaces(set, n, random);
  return { rest: subset(set, rest), heldOut: subset(set, heldOut) };
}

/** The same as places of a set that need not be in memory. */
export function holdOutPlaces(
  set: LabelledImages,
  n: number,
  random: Random,
): { readonly rest: number[]; readonly heldOut: number[] } {
  if (!(Number.isInteger(n) && n >= 0 && n <= set.count)) {
    throw new UserError(`Cannot hold out ${n} images of ${set.name}: it has ${set.count}.`);
  }
  const held = new Uint8Array(set.count);
  for (const index of stratified(set, random).slice(0, n)) held[index] = 1;
  const places = Array.from(held.keys());
  return { rest: places.filter((place) => held[place] === 0), heldOut: places.filter((place) => held[place] === 1) };
}

/** Bytes of one image. */
export function imageBytes({ size: { height, width } }: ImageSet): number {
  return height * width * 3;
}

/** All places in an order whose every beginning holds the classes in their shares: the k-th of m images of a class comes at (k + ½) / m. */
function stratified(set: LabelledImages, random: Random): number[] {
  const sizes = new Uint32Array(set.classes.length);
  for (const label of set.labels) sizes[label]++;
  const seen = new Uint32Array(set.classes.length);
  const order = Array.from(random.permutation(set.count), (place) => {
    const label = set.labels[place]!;
    return { place, at: (seen[label]++ + 0.5) / sizes[label]! };
  });
  return order.sort((a, b) => a.at - b.at).map(({ place }) => place);
}
