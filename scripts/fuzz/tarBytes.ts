import type { Random } from '../../lib/tensor/random';
import { damaged, oneOf } from './damage';

/** A member of an archive, valid or hostile. */
export interface Entry {
  readonly name: string;
  readonly content?: Uint8Array;
  readonly type?: string;
  readonly link?: string;
  /** The size field of the header. Default: the length of the content. */
  readonly size?: string;
}

const block = 512;

/** A tar archive of these members with correct checksums. */
export function tar(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.flatMap(member), Buffer.alloc(2 * block)]);
}

function member({
  name,
  content = Buffer.alloc(0),
  type = '0',
  link = '',
  size = content.length.toString(8).padStart(11, '0'),
}: Entry): Buffer[] {
  const header = Buffer.alloc(block);
  header.write(name, 0, 100);
  header.write('0000644\0', 100, 'latin1');
  header.write(size, 124, 12, 'latin1');
  header.write(type, 156, 1, 'latin1');
  header.write(link, 157, 100);
  header.write('ustar\x0000', 257, 'latin1');
  return [withChecksum(header), Buffer.from(content), Buffer.alloc((block - (content.length % block)) % block)];
}

/** The archive with a correct checksum of the header at `at`, so that the header is parsed. */
function withChecksum(archive: Buffer, at = 0): Buffer {
  archive.fill(' ', at + 148, at + 156);
  const sum = archive.subarray(at, at + block).reduce((a, b) => a + b, 0);
  archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
  return archive;
}

/**
 * An archive with hostile members among valid ones (names outside the folder, links, wrong sizes), or a damaged one
 * with a wrong or a correct checksum.
 */
export function hostileTar(random: Random, valid: readonly Entry[]): Buffer {
  if (random.uniform() < 0.4)
    return tar(valid.flatMap((entry) => (random.uniform() < 0.3 ? [hostile(random, entry), entry] : [entry])));
  const whole = tar(valid);
  if (random.uniform() < 0.5) return damaged(random, whole);
  const at = block * random.integer(Math.floor(whole.length / block) - 2);
  whole[at + random.integer(345)] = random.integer(256);
  return withChecksum(whole, at);
}

function hostile(random: Random, entry: Entry): Entry {
  const kind = random.uniform();
  if (kind < 0.3)
    return { ...entry, name: oneOf(random, [...outside, 'a'.repeat(100), '', '.', 'a/./b', 'a//b', '\u0001']) };
  if (kind < 0.5)
    return {
      name: 'link',
      type: oneOf(random, ['1', '2', '3', '4', '6', '7', 'S', 'V', '\0', 'Z']),
      link: oneOf(random, outside),
    };
  if (kind < 0.7)
    return {
      ...entry,
      size: oneOf(random, [
        '77777777777',
        '-0000000001',
        'xxxxxxxxxxx',
        '',
        '00000000000',
        '\x80\0\0\0\0\0\0\0\0\0\0\x05',
        '\xff'.repeat(12),
      ]),
    };
  if (kind < 0.85) return { name: 'pax', type: oneOf(random, ['x', 'g']), content: Buffer.from(pax(random)) };
  return {
    name: '././@LongLink',
    type: oneOf(random, ['L', 'K']),
    content: Buffer.from(oneOf(random, [...outside, 'long/'.repeat(100), ''])),
  };
}

const outside = [
  '../up',
  'a/../../up',
  '/tmp/up',
  '..',
  'a\\..\\..\\up',
  'a\0/../up',
  './../up',
  '../'.repeat(30),
] as const;

function pax(random: Random): string {
  const key = oneOf(random, ['path', 'size', 'linkpath', 'GNU.sparse.major', '__proto__']);
  const value = oneOf(random, [...outside, '5', '-5', '1e300', '9007199254740993', '']);
  const record = ` ${key}=${value}\n`;
  return `${record.length + 1 + random.integer(3)}${record}`;
}
