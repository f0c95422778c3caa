import { IncompleteHeaderError } from './imageHeader';

/** Unsigned integers in a buffer. Reading beyond its end throws an IncompleteHeaderError. */
export class HeaderBytes {
  constructor(
    readonly buffer: Buffer,
    readonly isLittleEndian = false,
  ) {}

  /** An integer of 1 to 6 bytes. */
  integer(at: number, bytes: number): number {
    if (at < 0 || at + bytes > this.buffer.length) throw new IncompleteHeaderError();
    return this.isLittleEndian ? this.buffer.readUIntLE(at, bytes) : this.buffer.readUIntBE(at, bytes);
  }

  text(at: number, length: number): string {
    if (at + length > this.buffer.length) throw new IncompleteHeaderError();
    return this.buffer.toString('latin1', at, at + length);
  }
}
