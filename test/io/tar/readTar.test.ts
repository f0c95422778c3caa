import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { UserError } from '../../../lib/errors';
import { readTar, type TarLimits } from '../../../lib/io/tar/readTar';
import { Random } from '../../../lib/tensor/random';
import { tarGzOf, tarOf, type Member } from '../../support/archive';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';

const limits: TarLimits = { totalBytes: 1e6, members: 10 };
const big = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 2654435761) >>> 24));
const members: readonly Member[] = [
  [{ name: 'folder/', type: 'directory' }],
  ['folder/a.txt', 'text'],
  ['./empty'],
  [`folder/${'long'.repeat(60)}.bin`, big],
];
const expected = [
  ['folder/a.txt', 'text'],
  ['empty', ''],
  [`folder/${'long'.repeat(60)}.bin`, big.toString('latin1')],
];

test('returns the files of compressed and uncompressed archives in order', async (t) => {
  assert.deepEqual(await read(t, await tarGzOf(members)), expected);
  assert.deepEqual(await read(t, await tarOf(members)), expected);
});

test('members and archives need not be read completely', async (t) => {
  const file = await put(t, await tarGzOf(members));
  const names: string[] = [];
  for await (const { name, chunks } of readTar(file, limits)) {
    names.push(name);
    if (name.includes('long')) for await (const _ of chunks) break;
  }
  assert.equal(names.length, 3);
  for await (const { name } of readTar(file, limits)) {
    assert.equal(name, 'folder/a.txt');
    break;
  }
});

test('rejects an archive that is truncated at any byte', async (t) => {
  const compressed = await tarGzOf(members);
  const uncompressed = gunzipSync(compressed);
  for (let cut = 1; cut < compressed.length; cut += Math.ceil(compressed.length / 60)) {
    await rejectsWith(read(t, compressed.subarray(0, cut)), 'ends too early');
  }
  for (const cut of [100, 600, 1000, 1700, 40_000])
    await rejectsWith(read(t, uncompressed.subarray(0, cut)), 'ends too early');
  const flipped = Buffer.from(compressed);
  flipped[compressed.length - 6] ^= 1;
  await rejectsWith(read(t, flipped), 'is damaged');
});

test('rejects files that are not archives', async (t) => {
  await rejectsWith(read(t, gzipSync('x'.repeat(2000))), 'is damaged or not a tar archive');
  await rejectsWith(read(t, Buffer.from('<html>'.repeat(200))), 'is damaged or not a tar archive');
  const folder = await temporaryFolder(t);
  await rejectsWith(readAll(path.join(folder, 'none')), 'Cannot read', 'no such file');
  await rejectsWith(readAll(folder), 'Cannot read', 'folder');
});

test('rejects links, devices and names outside the folder of the archive', async (t) => {
  const bad: readonly Member[] = [
    [{ name: 'a', type: 'symlink', linkname: '/etc/passwd' }],
    [{ name: 'a', type: 'link', linkname: 'b' }],
    [{ name: 'a', type: 'character-device' }],
    [{ name: 'a', type: 'fifo' }],
    ['/etc/passwd', 'x'],
    ['../up', 'x'],
    ['a/../../up', 'x'],
    ['a\\..\\b', 'x'],
  ];
  for (const member of bad)
    await rejectsWith(
      read(t, await tarGzOf([['fine', 'x'], member])),
      'Create the archive with',
      JSON.stringify(headerName(member)),
    );
});

test('stops at the limits on bytes and members', async (t) => {
  const bomb = await tarGzOf([['zeros', new Uint8Array(20e6)]]);
  assert.ok(bomb.length < 2e5);
  await rejectsWith(read(t, bomb), 'unpacks to more than the expected');
  await rejectsWith(
    read(t, await tarGzOf(Array.from({ length: 11 }, (_, i) => [`${i}`, 'x'] as const))),
    'more than the expected 10 files',
  );
});

test('wrong sizes in headers result in a value or a UserError', async (t) => {
  const fine = await tarOf([
    ['a', 'text'],
    ['b', big.subarray(0, 3000)],
  ]);
  for (const size of [
    '77777777777',
    '-0000000001',
    'xxxxxxxxxxx',
    '           ',
    '\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff',
    '\xff'.repeat(11),
  ]) {
    const archive = Buffer.from(fine);
    archive.write(size, 124, 'latin1');
    await settles(t, withChecksum(archive), `size ${JSON.stringify(size)}`);
    archive.write('x', 156, 'latin1');
    await settles(t, withChecksum(archive), `pax header of size ${JSON.stringify(size)}`);
  }
  for (const size of ['-5', 'NaN', '1e300', '9007199254740993', '']) {
    const record = ` size=${size}\n`;
    const pax = Buffer.from(`${record.length + 2}${record}`);
    const header = (await tarOf([['p', pax]])).subarray(0, 1024);
    header.write('x', 156, 'latin1');
    await settles(t, Buffer.concat([withChecksum(header), fine]), `pax size ${size}`);
  }
});

test('1000 random damages result in a value or a UserError', async (t) => {
  const random = new Random(7);
  const whole = await tarOf([
    [{ name: 'folder/', type: 'directory' }],
    ['a', 'text'],
    ['y'.repeat(150), 'text'],
    ['b', big.subarray(0, 1500)],
  ]);
  const file = await put(t, whole);
  for (let i = 0; i < 1000; i++) {
    const damaged = Buffer.from(
      whole.subarray(0, random.uniform() < 0.3 ? random.integer(whole.length) : whole.length),
    );
    for (let k = random.integer(4); k >= 0 && damaged.length > 0; k--)
      damaged[random.integer(damaged.length)] = random.integer(256);
    const head = 512 * random.integer(Math.max(1, Math.floor(damaged.length / 512)));
    if (damaged.length >= head + 512 && random.uniform() < 0.7) {
      damaged[head + random.integer(257)] = random.integer(256);
      withChecksum(damaged, head);
    }
    await writeFile(file, random.uniform() < 0.2 ? gzipSync(damaged) : damaged);
    await settlesInTime(readAll(file), `damage ${i}`);
  }
});

/** The archive with a correct checksum of the header at `at`, so that the header is parsed. */
function withChecksum(archive: Buffer, at = 0): Buffer {
  archive.fill(' ', at + 148, at + 156);
  const sum = archive.subarray(at, at + 512).reduce((a, b) => a + b, 0);
  archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
  return archive;
}

async function settles(t: TestContext, archive: Buffer, what: string): Promise<void> {
  await settlesInTime(read(t, archive), what);
}

async function settlesInTime(work: Promise<unknown>, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: did not settle`)), 5000);
  });
  try {
    await Promise.race([work, timeout]);
  } catch (error) {
    if (!(error instanceof UserError)) throw new Error(`${what}: ${String(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function read(t: TestContext, archive: Buffer): Promise<string[][]> {
  return readAll(await put(t, archive));
}

async function readAll(file: string): Promise<string[][]> {
  const files: string[][] = [];
  for await (const { name, size, chunks } of readTar(file, limits)) {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    const content = Buffer.concat(parts);
    assert.equal(content.length, size);
    files.push([name, content.toString('latin1')]);
  }
  return files;
}

async function put(t: TestContext, archive: Buffer): Promise<string> {
  const file = path.join(await temporaryFolder(t), 'archive');
  await writeFile(file, archive);
  return file;
}

function headerName([header]: Member): string {
  return typeof header === 'string' ? header : header.name;
}
