import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { stringAt } from '../../../lib/data/datasets/packedStrings';
import { parseMember } from '../../../lib/data/datasets/shardSamples';
import { openTarShards } from '../../../lib/data/datasets/tarShards';
import { tarOf, type Member } from '../../support/archive';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';

const pair = (key: string, label: number, extension = 'cls'): Member[] => [
  [`${key}.png`, `pixels of ${key}`],
  [`${key}.${extension}`, String(label)],
];
const two = [...pair('000', 0), ...pair('001', 1)];

test('keys and extensions follow the rules of webdataset', () => {
  const cases: readonly (readonly [name: string, key: string | undefined, kind?: string])[] = [
    ['000.png', '000', 'image'],
    ['a.b/c.d/000.JPEG', 'a.b/c.d/000', 'image'],
    ['000.cls', '000', 'class'],
    ['000.left.png', '000', 'dotted'],
    ['000.left.cls', '000', 'dotted'],
    ['000.json', '000', 'other'],
    ['000.png.json', '000', 'other'],
    ['README', undefined],
    ['.png', undefined],
    ['folder/._000.png', undefined],
    ['__meta__/000.png', undefined],
    ['__index__', undefined],
    ['Thumbs.db', undefined],
  ];
  for (const [name, key, kind] of cases) {
    assert.deepEqual(parseMember(name), key === undefined ? undefined : { key, kind }, name);
  }
});

test('rejects two images or two classes of one key, and names shard, key and files', async (context) => {
  const cases: readonly (readonly [members: readonly Member[], ...texts: string[]])[] = [
    [[...two, ...pair('000', 1)], 'two images, 000.png twice', 'two classes, 000.cls twice'],
    [[...two, ['000.jpg', 'x']], 'two images, 000.png and 000.jpg'],
    [[...two, ['000.CLS', '1']], 'two classes, 000.cls and 000.CLS'],
  ];
  for (const [members, ...texts] of cases) {
    const folder = await shard(context, members);
    await rejectsWith(open(folder), `${path.join(folder, '0.tar')}, key 000: `, ...texts);
  }
});

test('an image with a dot in its extension gets no label of another image', async (context) => {
  const cameras = ['left', 'front', 'right'].flatMap((camera, label) => pair(`000.${camera}`, label));
  await rejectsWith(open(await shard(context, cameras)), 'no image with a class', '6 ×', '000.left.png', 'first dot');
  const { count, leftOut } = await open(await shard(context, [...two, ...cameras]));
  assert.deepEqual([count, leftOut.map((each) => each.count)], [2, [6]]);
});

test('reads classes with an extension in capitals', async (context) => {
  const { labels } = await open(await shard(context, [...pair('000', 1, 'CLS'), ...pair('001', 0, 'Cls')]));
  assert.deepEqual([...labels], [1, 0]);
});

test('leaves links and names outside the folder out, counts them, and reads the rest', async (context) => {
  const folder = await shard(context, [
    [{ name: '000.jpg', type: 'symlink', linkname: '000.png' }],
    ...pair('000', 0),
    [{ name: '001.jpg', type: 'link', linkname: '000.png' }],
    [{ name: '../up.png' }, 'x'],
    ...pair('001', 1),
    ['002.cls', '1'],
  ]);
  const dataset = await open(folder);
  assert.deepEqual(
    [0, 1].map((index) => stringAt(dataset.names, index)),
    ['000.png', '001.png'],
  );
  assert.deepEqual(
    dataset.leftOut.map(({ reason, count }) => [reason, count]),
    [
      ['link', 2],
      ["name that leads out of the archive's folder", 1],
      ['class without an image', 1],
    ],
  );
});

test('rejects an archive that continues after its end marker, and names the place', async (context) => {
  const folder = await temporaryFolder(context);
  const [first, second] = [await tarOf(two), await tarOf([...pair('002', 0), ...pair('003', 1)])];
  const file = path.join(folder, '0.tar');
  const contentBytes = first.length - 1024;
  for (const [bytes, following] of [
    [Buffer.concat([first, second]), second.length],
    [Buffer.concat([first.subarray(0, 1024), Buffer.alloc(1024), first.subarray(1024)]), first.length - 1024],
  ] as const) {
    await writeFile(file, bytes);
    const end = bytes.length === first.length + second.length ? contentBytes : 1024;
    await rejectsWith(open(folder), `${file} has an end marker at byte ${end}`, `${following} bytes follow`);
  }
  await writeFile(file, Buffer.concat([first, Buffer.alloc(3 << 20)]));
  assert.equal((await open(folder)).count, 2);
});

test('names the sample in which a truncated archive ends', async (context) => {
  const folder = await temporaryFolder(context);
  const bytes = await tarOf(two);
  await writeFile(path.join(folder, '0.tar'), bytes.subarray(0, bytes.length - 1024 - 512));
  await writeFile(path.join(folder, '1.tar'), await tarOf(two));
  const { count, notices } = await open(folder);
  assert.equal(count, 3);
  assert.match(notices.join(), /0\.tar ends too early, inside 001\.cls: only its first 1 images are used/);
});

test('a file of class names may not change the class of a label', async (context) => {
  const folder = await shard(context, two);
  const cases: readonly (readonly [text: string, known: readonly string[] | undefined, message: string])[] = [
    ['cat\n\ndog\n', undefined, 'line 2 is empty'],
    ['cat\ncat\n', undefined, 'names the class cat twice'],
    ['cat\n', undefined, 'names 1 classes'],
    ['dog\ncat\n', ['cat', 'dog'], 'names class 0 dog, and it is cat in the training images'],
  ];
  for (const [text, classes, message] of cases) {
    await writeFile(path.join(folder, 'classes.txt'), text);
    await rejectsWith(openTarShards(folder, { imageSize: 16, ...(classes && { classes }) }), message);
  }
  await writeFile(path.join(folder, 'classes.txt'), '\ufeffcat\r\ndog\r\n\r\n');
  assert.deepEqual((await open(folder)).classes, ['cat', 'dog']);
});

test('rejects shards of one class', async (context) => {
  await rejectsWith(open(await shard(context, pair('000', 0))), 'one class was found (0)');
});

async function shard(context: TestContext, members: readonly Member[]): Promise<string> {
  const folder = await temporaryFolder(context);
  await writeFile(path.join(folder, '0.tar'), await tarOf(members));
  return folder;
}

function open(folder: string): ReturnType<typeof openTarShards> {
  return openTarShards(folder, { imageSize: 16 });
}
