import { UserError } from '../../errors';
import type { ByteReader } from './byteReader';

/** Size of a header. The content of a member is padded to a multiple of it. */
export const blockBytes = 512;
/** The first two bytes of gzip data. */
export const gzipMagic = 0x1f8b;
/** Longer pax and GNU headers, such as long names, are rejected. */
const maxExtensionBytes = 1 << 16;

/** The header of a member (POSIX.1-2001 ustar, with GNU's sizes of more than eleven octal digits). */
export interface TarHeader {
  readonly name: string;
  readonly size: number;
  /** `0` file, `5` folder, `x`, `g`, `L` and `K` extension headers of the next member. All others are rejected. */
  readonly type: string;
}

/**
 * The header of the next file or folder, with the name or size from extension headers before it; undefined at the end
 * of the archive. Throws a UserError for a damaged header.
 */
export async function nextHeader(bytes: Pick<ByteReader, 'readExactly'>, file: string): Promise<TarHeader | undefined> {
  let extension: Extension = {};
  for (;;) {
    const block = await bytes.readExactly(blockBytes);
    if (block.every((byte) => byte === 0)) return undefined;
    const header = parseTarHeader(block);
    if (header === undefined) throw damagedArchive(file);
    if (!/[xgLK]/.test(header.type)) return { ...header, ...extension };
    if (header.size > maxExtensionBytes) throw damagedArchive(file);
    const padded = await bytes.readExactly(Math.ceil(header.size / blockBytes) * blockBytes);
    extension = { ...extension, ...parseExtension(header.type, padded.subarray(0, header.size), file) };
  }
}

type Extension = Partial<Pick<TarHeader, 'name' | 'size'>>;

function parseExtension(type: string, content: Buffer, file: string): Extension {
  if (type === 'L') return { name: text(content) };
  if (type !== 'x') return {};
  const records = parsePax(content);
  if (records === undefined) throw damagedArchive(file);
  if ([...records.keys()].some((key) => key.startsWith('GNU.sparse'))) {
    throw new UserError(`${file} contains a sparse file, which is not supported. Create the archive without --sparse.`);
  }
  const name = records.get('path');
  const size = records.get('size');
  if (size !== undefined && !(/^\d+$/.test(size) && Number.isSafeInteger(Number(size)))) throw damagedArchive(file);
  return { ...(name !== undefined && { name }), ...(size !== undefined && { size: Number(size) }) };
}

/** What a member without content of its own is (a link, a device or a pipe); undefined for files and folders. */
export function kindWithoutContent({ type }: Pick<TarHeader, 'type'>): string | undefined {
  return /^[12346]$/.test(type) ? kinds[type] : undefined;
}

/** The name without a leading `./`; undefined if it is empty or leads out of the archive's folder. */
export function nameInside({ name }: Pick<TarHeader, 'name'>): string | undefined {
  if (name === '' || name.startsWith('/') || /[\\\0]/.test(name) || name.split('/').includes('..')) return undefined;
  return name.replace(/^(\.\/)+/, '');
}

/**
 * Rejects links, devices and names outside the archive's folder. Returns the header without a leading `./` in its name.
 */
export function checkHeader(header: TarHeader, file: string): TarHeader {
  const { name, type } = header;
  const quoted = JSON.stringify(name);
  if (type !== '0' && type !== '5') {
    throw new UserError(
      `${file} contains ${quoted}, a ${kinds[type] ?? 'member of an unknown type'}. ` +
        'Only files and folders are supported. Create the archive without it.',
    );
  }
  const inside = nameInside(header);
  if (inside === undefined) {
    throw new UserError(
      `${file} contains a file with the name ${quoted}, which leads out of the archive's folder. ` +
        'Such archives are rejected. Create the archive with relative names.',
    );
  }
  return { ...header, name: inside };
}

const kinds: Readonly<Record<string, string>> = {
  1: 'link',
  2: 'link',
  3: 'device',
  4: 'device',
  6: 'pipe',
  S: 'sparse file',
};

/** The error for an archive that does not follow the format. */
export function damagedArchive(file: string, cause?: unknown): UserError {
  return new UserError(`${file} is damaged or not a tar archive. Download it again.`, { cause });
}

/** Parses a header; undefined if the checksum is wrong or the size is not a number. */
function parseTarHeader(block: Buffer): TarHeader | undefined {
  const size = parseSize(block.subarray(124, 136));
  if (size === undefined || parseSize(block.subarray(148, 156)) !== checksum(block)) return undefined;
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block.subarray(345, 500)) : '';
  const name = text(block.subarray(0, 100));
  const type = block.toString('latin1', 156, 157).replace(/[\0 7]/, '0');
  return { name: prefix ? `${prefix}/${name}` : name, size, type: type === '0' && name.endsWith('/') ? '5' : type };
}

/** The records of a pax header, each `length key=value` and a newline; undefined if they do not have this form. */
function parsePax(content: Buffer): ReadonlyMap<string, string> | undefined {
  const records = new Map<string, string>();
  for (let start = 0; start < content.length;) {
    const [, length, key] = /^(\d{1,7}) ([^=]+)=/.exec(content.toString('utf8', start, start + 300)) ?? [];
    const end = start + Number(length);
    if (length === undefined || key === undefined || content[end - 1] !== 0x0a) return undefined;
    records.set(key, content.toString('utf8', start + length.length + 1 + Buffer.byteLength(key) + 1, end - 1));
    start = end;
  }
  return records;
}

/** The text before the first zero byte. */
function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

/** A number in octal digits or, after a first byte of 128, in binary. */
function parseSize(field: Buffer): number | undefined {
  if (field[0] === 0x80) {
    const size = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    return Number.isSafeInteger(size) ? size : undefined;
  }
  const digits = /^ *([0-7]+) *$/.exec(text(field))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

/** The sum of all bytes, with the field of the checksum itself counted as spaces. */
function checksum(block: Buffer): number {
  return block.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);
}
