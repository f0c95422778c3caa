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
const plain: readonly Member[] = [
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

test('the files of an archive come in order, compressed or not', async (t) => {
  assert.deepEqual(await read(t, await tarGzOf(plain)), expected);
  assert.deepEqual(await read(t, await tarOf(plain)), expected);
});

test('members may be left unread, in part or wholly, and the archive left early', async (t) => {
  const file = await put(t, await tarGzOf(plain));
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

test('an archive cut at any byte is refused, and never ends silently', async (t) => {
  const packed = await tarGzOf(plain);
  const loose = gunzipSync(packed);
  for (let cut = 1; cut < packed.length; cut += Math.ceil(packed.length / 60)) {
    await rejectsWith(read(t, packed.subarray(0, cut)), 'ends too early');
  }
  for (const cut of [100, 600, 1000, 1700, 40_000])
    await rejectsWith(read(t, loose.subarray(0, cut)), 'ends too early');
  const flipped = Buffer.from(packed);
  flipped[packed.length - 6] ^= 1;
  await rejectsWith(read(t, flipped), 'is damaged');
});

test('what is no archive is refused', async (t) => {
  await rejectsWith(read(t, gzipSync('x'.repeat(2000))), 'is damaged, or no tar archive');
  await rejectsWith(read(t, Buffer.from('<html>'.repeat(200))), 'is damaged, or no tar archive');
  const folder = await temporaryFolder(t);
  await rejectsWith(readAll(path.join(folder, 'none')), 'Cannot read', 'no such file');
  await rejectsWith(readAll(folder), 'Cannot read', 'folder');
});

test('links, devices and names that lead outside are refused', async (t) => {
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
      'is not read',
      JSON.stringify(headerName(member)),
    );
});

test('archives made to swell stop at the limits, in bytes and in members', async (t) => {
  const bomb = await tarGzOf([['zeros', new Uint8Array(20e6)]]);
  assert.ok(bomb.length < 2e5);
  await rejectsWith(read(t, bomb), 'swells beyond');
  await rejectsWith(
    read(t, await tarGzOf(Array.from({ length: 11 }, (_, i) => [`${i}`, 'x'] as const))),
    'more than the 10 files',
  );
});

test('headers that lie about sizes end in a value or an error of ours', async (t) => {
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
    await endsWell(t, sealed(archive), `size ${JSON.stringify(size)}`);
    archive.write('x', 156, 'latin1');
    await endsWell(t, sealed(archive), `pax header of size ${JSON.stringify(size)}`);
  }
  for (const size of ['-5', 'NaN', '1e300', '9007199254740993', '']) {
    const record = ` size=${size}\n`;
    const pax = Buffer.from(`${record.length + 2}${record}`);
    const header = (await tarOf([['p', pax]])).subarray(0, 1024);
    header.write('x', 156, 'latin1');
    await endsWell(t, Buffer.concat([sealed(header), fine]), `pax size ${size}`);
  }
});

test('any damage, a thousand times over, ends in a value or an error of ours', async (t) => {
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
      sealed(damaged, head);
    }
    await writeFile(file, random.uniform() < 0.2 ? gzipSync(damaged) : damaged);
    await endsInTime(readAll(file), `damage ${i}`);
  }
});

/** The archive with the checksum of its header made right, so that what the header says is believed. */
function sealed(archive: Buffer, at = 0): Buffer {
  archive.fill(' ', at + 148, at + 156);
  const sum = archive.subarray(at, at + 512).reduce((a, b) => a + b, 0);
  archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
  return archive;
}

async function endsWell(t: TestContext, archive: Buffer, what: string): Promise<void> {
  await endsInTime(read(t, archive), what);
}

async function endsInTime(work: Promise<unknown>, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no end`)), 5000);
  });
  try {
    await Promise.race([work, late]);
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
  const members: string[][] = [];
  for await (const { name, size, chunks } of readTar(file, limits)) {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    const content = Buffer.concat(parts);
    assert.equal(content.length, size);
    members.push([name, content.toString('latin1')]);
  }
  return members;
}

async function put(t: TestContext, archive: Buffer): Promise<string> {
  const file = path.join(await temporaryFolder(t), 'archive');
  await writeFile(file, archive);
  return file;
}

function headerName([header]: Member): string {
  return typeof header === 'string' ? header : header.name;
}
