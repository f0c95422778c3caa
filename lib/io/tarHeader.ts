/** What a block of 512 bytes at the head of a member says (POSIX.1-2001 ustar, with GNU's sizes of more than eight octal digits). */
export interface TarHeader {
  readonly name: string;
  readonly size: number;
  /** `0` a file, `5` a folder, `x`, `g`, `L` and `K` words about the next member; all others are things we refuse. */
  readonly type: string;
}

/** Reads a header; undefined when the block is not one: a wrong checksum, or a size that is no number. */
export function parseTarHeader(block: Buffer): TarHeader | undefined {
  const size = parseSize(block.subarray(124, 136));
  if (size === undefined || parseSize(block.subarray(148, 156)) !== checksum(block)) return undefined;
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block.subarray(345, 500)) : '';
  const name = text(block.subarray(0, 100));
  const type = block.toString('latin1', 156, 157).replace(/[\0 7]/, '0');
  return { name: prefix ? `${prefix}/${name}` : name, size, type: type === '0' && name.endsWith('/') ? '5' : type };
}

/** The words of a pax header, each `length key=value` and a line's end; undefined when they are not that. */
export function parsePax(content: Buffer): ReadonlyMap<string, string> | undefined {
  const words = new Map<string, string>();
  for (let start = 0; start < content.length;) {
    const [, length, key] = /^(\d{1,7}) ([^=]+)=/.exec(content.toString('utf8', start, start + 300)) ?? [];
    const end = start + Number(length);
    if (length === undefined || key === undefined || content[end - 1] !== 0x0a) return undefined;
    words.set(key, content.toString('utf8', start + length.length + 1 + Buffer.byteLength(key) + 1, end - 1));
    start = end;
  }
  return words;
}

/** Text up to the first zero byte. */
export function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

/** Octal digits, or after a first byte of 128 a binary number. */
function parseSize(field: Buffer): number | undefined {
  if (field[0] === 0x80) {
    const size = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    return Number.isSafeInteger(size) ? size : undefined;
  }
  const digits = /^ *([0-7]+) *$/.exec(text(field))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

/** The sum of all bytes, those of the checksum itself taken as spaces. */
function checksum(block: Buffer): number {
  return block.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);
}
