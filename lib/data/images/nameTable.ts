/** Many names in two arrays: a million take their letters' memory alone, and threads share them. */
export interface NameTable {
  /** UTF-8, one name after the other. */
  readonly letters: Uint8Array;
  /** Where each name begins, and at last where they end. */
  readonly starts: Float64Array;
}

/** Lays names into memory that threads can share. */
export function packNames(names: readonly string[]): NameTable {
  const starts = new Float64Array(new SharedArrayBuffer((names.length + 1) * Float64Array.BYTES_PER_ELEMENT));
  names.forEach((name, i) => {
    starts[i + 1] = starts[i]! + Buffer.byteLength(name);
  });
  const letters = Buffer.from(new SharedArrayBuffer(starts[names.length]!));
  names.forEach((name, i) => letters.write(name, starts[i]!));
  return { letters: new Uint8Array(letters.buffer), starts };
}

/** One name of a table. */
export function nameAt({ letters, starts }: NameTable, place: number): string {
  return Buffer.from(letters.subarray(starts[place], starts[place + 1])).toString();
}
