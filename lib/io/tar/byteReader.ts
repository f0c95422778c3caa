import { UserError } from '../../errors';

/** Reads a stream of bytes in parts of given lengths, with one chunk in memory at a time. */
export class ByteReader {
  private chunk: Uint8Array = new Uint8Array(0);
  private total = 0;

  /** `place` names the source in errors. Reading more than `maxBytes` throws a UserError. */
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
      if (this.total > this.maxBytes) {
        throw new UserError(
          `${this.place} unpacks to more than the expected ${(this.maxBytes / 1e6).toFixed(0)} MB, ` +
            'so that it is another archive. Check where it comes from.',
        );
      }
    }
    const taken = this.chunk.subarray(0, length);
    this.chunk = this.chunk.subarray(taken.length);
    return taken;
  }

  /** The next `length` bytes. Throws a UserError if the source ends before. */
  async readExactly(length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    let filled = 0;
    for await (const chunk of this.readChunks(length)) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    return bytes;
  }

  /** The next `length` bytes in chunks of any size. Throws a UserError if the source ends before. */
  async *readChunks(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0;) {
      const chunk = await this.readSome(left);
      if (chunk === undefined) throw new UserError(`${this.place} ends too early. Download it again.`);
      left -= chunk.length;
      yield chunk;
    }
  }

  /** Reads and discards the rest of the source. */
  async readToEnd(): Promise<void> {
    while ((await this.readSome(Infinity)) !== undefined);
  }
}
