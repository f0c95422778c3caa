import { UserError } from '../../errors';
import type { ByteReader } from './byteReader';

/** Bytes of a header; what a member holds is padded to as many. */
export const blockBytes = 512;
/** The first two bytes of what gzip has compressed. */
export const gzipMagic = 0x1f8b;
/** The most bytes of a header that tells of the next member, such as a long name. */
const mostWords = 1 << 16;

/** What a block of 512 bytes at the head of a member says (POSIX.1-2001 ustar, with GNU's sizes of more than eight octal digits). */
export interface TarHeader {
  readonly name: string;
  readonly size: number;
  /** `0` a file, `5` a folder, `x`, `g`, `L` and `K` words about the next member; all others are things we refuse. */
  readonly type: string;
}

/** The header of the next file or folder, with the long name or size that headers before it give; undefined at the archive's end. */
export async function nextHeader(bytes: Pick<ByteReader, 'readExactly'>, file: string): Promise<TarHeader | undefined> {
  let given: Partial<Pick<TarHeader, 'name' | 'size'>> = {};
  for (;;) {
    const head = await bytes.readExactly(blockBytes);
    if (head.every((byte) => byte === 0)) return undefined;
    const header = parseTarHeader(head);
    if (header === undefined) throw damagedArchive(file);
    if (!/[xgLK]/.test(header.type)) return { ...header, ...given };
    if (header.size > mostWords) throw damagedArchive(file);
    const padded = await bytes.readExactly(Math.ceil(header.size / blockBytes) * blockBytes);
    given = { ...given, ...words(header.type, padded.subarray(0, header.size), file) };
  }
}

function words(type: string, content: Buffer, file: string): Partial<Pick<TarHeader, 'name' | 'size'>> {
  if (type === 'L') return { name: text(content) };
  if (type !== 'x') return {};
  const pax = parsePax(content);
  if (pax === undefined) throw damagedArchive(file);
  if ([...pax.keys()].some((key) => key.startsWith('GNU.sparse')))
    throw new UserError(`${file} holds a sparse file. Such an archive is not read.`);
  const name = pax.get('path');
  const size = pax.get('size');
  if (size !== undefined && !(/^\d+$/.test(size) && Number.isSafeInteger(Number(size)))) throw damagedArchive(file);
  return { ...(name !== undefined && { name }), ...(size !== undefined && { size: Number(size) }) };
}

/** The header, unless it is of something that is not read: a link, a device, a name that leads out of the archive's folder. */
export function checkHeader(header: TarHeader, file: string): TarHeader {
  const { name, type } = header;
  const shown = JSON.stringify(name);
  if (type !== '0' && type !== '5')
    throw new UserError(
      `${file} holds ${shown}, which is a ${kinds[type] ?? 'thing unknown'}. Such an archive is not read.`,
    );
  if (name === '' || name.startsWith('/') || /[\\\0]/.test(name) || name.split('/').includes('..')) {
    throw new UserError(
      `${file} holds a file named ${shown}, which leads out of the archive's folder. Such an archive is not read.`,
    );
  }
  return { ...header, name: name.replace(/^(\.\/)+/, '') };
}

const kinds: Readonly<Record<string, string>> = {
  1: 'link',
  2: 'link',
  3: 'device',
  4: 'device',
  6: 'pipe',
  S: 'sparse file',
};

/** What an archive is said to be that does not follow the format. */
export function damagedArchive(file: string, cause?: unknown): UserError {
  return new UserError(`${file} is damaged, or no tar archive. Fetch it again.`, { cause });
}

/** Reads a header; undefined when the block is not one: a wrong checksum, or a size that is no number. */
function parseTarHeader(block: Buffer): TarHeader | undefined {
  const size = parseSize(block.subarray(124, 136));
  if (size === undefined || parseSize(block.subarray(148, 156)) !== checksum(block)) return undefined;
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block.subarray(345, 500)) : '';
  const name = text(block.subarray(0, 100));
  const type = block.toString('latin1', 156, 157).replace(/[\0 7]/, '0');
  return { name: prefix ? `${prefix}/${name}` : name, size, type: type === '0' && name.endsWith('/') ? '5' : type };
}

/** The words of a pax header, each `length key=value` and a line's end; undefined when they are not that. */
function parsePax(content: Buffer): ReadonlyMap<string, string> | undefined {
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
function text(bytes: Buffer): string {
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
