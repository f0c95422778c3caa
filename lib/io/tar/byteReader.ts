import { UserError } from '../../errors';

/** Takes a stream of bytes apart into pieces of wanted lengths, holding one piece at a time. */
export class ByteReader {
  private chunk: Uint8Array = new Uint8Array(0);
  private total = 0;

  /** `place` names the source in errors; beyond `most` bytes reading is refused. */
  constructor(
    private readonly source: AsyncIterator<Uint8Array>,
    private readonly place: string,
    private readonly maxBytes: number,
  ) {}

  /** The next bytes, at most `length`; undefined at the end. */
  async readSome(length: number): Promise<Uint8Array | undefined> {
    while (this.chunk.length === 0) {
      const next = await this.source.next();
      if (next.done) return undefined;
      this.chunk = next.value;
      this.total += next.value.length;
      if (this.total > this.maxBytes)
        throw new UserError(
          `${this.place} swells beyond the ${(this.maxBytes / 1e6).toFixed(0)} MB expected. It is not the file we want.`,
        );
    }
    const taken = this.chunk.subarray(0, length);
    this.chunk = this.chunk.subarray(taken.length);
    return taken;
  }

  /** The next `length` bytes. */
  async readExactly(length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    let filled = 0;
    for await (const piece of this.readChunks(length)) {
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return bytes;
  }

  /** The next `length` bytes as they come. */
  async *readChunks(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0;) {
      const piece = await this.readSome(left);
      if (piece === undefined) throw new UserError(`${this.place} ends too early. Fetch it again.`);
      left -= piece.length;
      yield piece;
    }
  }

  /** Reads to the end. */
  async readToEnd(): Promise<void> {
    while ((await this.readSome(Infinity)) !== undefined);
  }
}
