import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import sharp from 'sharp';
import { decode } from '../../../lib/data/decoding/decode';
import { openDecoderProcesses } from '../../../lib/data/decoding/decoderProcesses';
import type { ImageSize } from '../../../lib/data/image';
import type { ResizedCrop } from '../../../lib/data/transforms/resizedCrop';
import { rejectsWith } from '../../support/rejectsWith';
import { asSharp, picture } from '../pictures';

const small = ({ width, height }: ImageSize): ResizedCrop => ({
  box: { top: 0, left: 0, width, height },
  size: { width: 8, height: 8 },
  filter: 'bicubic',
});

test('an image that takes too long is an error, and the next one is decoded', async (context) => {
  const [slow, fast] = [await plainPng(5000), await asSharp(picture(0)).png().toBuffer()];
  const processes = openDecoderProcesses(1, { seconds: 0.05, memoryBytes: 3e9 });
  context.after(() => processes.close());
  await rejectsWith(decode(slow, small, processes), 'it could not be decoded within 0.05 s');
  const patient = openDecoderProcesses(1);
  context.after(() => patient.close());
  assert.equal((await decode(fast, small, patient)).data.length, 8 * 8 * 3);
});

test('an image that needs too much memory is an error, and the next one is decoded', async (context) => {
  const processes = openDecoderProcesses(1, { seconds: 120, memoryBytes: 250e6 });
  context.after(() => processes.close());
  await rejectsWith(decode(await plainPng(9000), small, processes), 'memory');
  assert.equal((await decode(await asSharp(picture(0)).png().toBuffer(), small, processes)).width, 8);
});

test('images are decoded at the same time by several processes, each with its own result', async (context) => {
  const processes = openDecoderProcesses(2);
  context.after(() => processes.close());
  const pngs = await Promise.all(Array.from({ length: 6 }, (_, label) => asSharp(picture(label)).png().toBuffer()));
  const together = await Promise.all(pngs.map((png) => decode(png, small, processes)));
  for (const [i, png] of pngs.entries()) assert.deepEqual(together[i], await decode(png, small, processes));
});

test('rejects images of too many pixels or scans before they are decoded', async () => {
  const processes = { decode: () => assert.fail('a process was used'), close: () => undefined };
  const png = await plainPng(16);
  png.writeUInt32BE(20_000, 16);
  png.writeUInt32BE(20_000, 20);
  await rejectsWith(decode(png, small, processes), 'more than 100 million pixels');
  const jpeg = await asSharp(picture(0)).jpeg({ progressive: true }).toBuffer();
  const scan = jpeg.indexOf(Buffer.of(0xff, 0xda));
  const scans = Array.from({ length: 101 }, () => jpeg.subarray(scan, scan + 10));
  await rejectsWith(decode(Buffer.concat([jpeg, ...scans]), small, processes), 'more than 100 scans');
});

test('damaged JPEGs print nothing', () => {
  // In a process of its own, whose stderr can be read.
  const program = `
    const { decode } = require('./lib/data/decoding/decode');
    const { openDecoderProcesses } = require('./lib/data/decoding/decoderProcesses');
    const { jpegOf, picture } = require('./test/data/pictures');
    const size = { width: 8, height: 8 };
    const small = ({ width, height }) => ({ box: { top: 0, left: 0, width, height }, size, filter: 'bicubic' });
    (async () => {
      const jpeg = await jpegOf(picture(1, 5, { height: 300, width: 400 }));
      const processes = openDecoderProcesses(1);
      const withoutMiddle = Buffer.concat([jpeg.subarray(0, 3000), jpeg.subarray(3500)]);
      const half = jpeg.subarray(0, jpeg.length / 2);
      const halfWithEnd = Buffer.concat([half, jpeg.subarray(-2)]);
      for (const bytes of [withoutMiddle, half, halfWithEnd]) {
        await decode(bytes, small, processes).catch(() => undefined);
      }
      processes.close();
      console.log('done');
    })();`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--require', 'tsx/cjs', '--eval', program], {
    encoding: 'utf8',
  });
  assert.deepEqual([stdout, stderr], ['done\n', '']);
});

/** A square of one colour, which takes few bytes and much memory. */
function plainPng(side: number): Promise<Buffer> {
  return sharp({ create: { width: side, height: side, channels: 4, background: '#123456' } })
    .png()
    .toBuffer();
}
