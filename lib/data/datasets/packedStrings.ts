/**
 * Many strings in two shared typed arrays. A million file names take only the memory of their bytes, and worker threads
 * use them without a copy.
 */
export interface PackedStrings {
  /** The strings in UTF-8, one after the other. */
  readonly bytes: Uint8Array;
  /** [count + 1]: the first byte of each string, and the end of the last one. */
  readonly starts: Float64Array;
}

/** Packs strings into shared memory. */
export function packStrings(strings: readonly string[]): PackedStrings {
  const starts = new Float64Array(new SharedArrayBuffer((strings.length + 1) * Float64Array.BYTES_PER_ELEMENT));
  strings.forEach((text, i) => {
    starts[i + 1] = starts[i]! + Buffer.byteLength(text);
  });
  const bytes = Buffer.from(new SharedArrayBuffer(starts[strings.length]!));
  strings.forEach((text, i) => bytes.write(text, starts[i]!));
  return { bytes: new Uint8Array(bytes.buffer), starts };
}

/** The string at an index. */
export function stringAt({ bytes, starts }: PackedStrings, index: number): string {
  return Buffer.from(bytes.subarray(starts[index], starts[index + 1])).toString();
}
