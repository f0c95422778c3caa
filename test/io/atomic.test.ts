import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'node:test';
import { removeDrafts, writeAtomic } from '../../lib/io/atomic';
import { rejectsWith } from '../support/rejectsWith';
import { temporaryFolder } from '../support/temporaryFolder';

test('writes text, bytes and chunks, creates folders and replaces existing files', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'a', 'b', 'file');
  await writeAtomic(file, 'first');
  assert.equal(await readFile(file, 'utf8'), 'first');
  await writeAtomic(file, Uint8Array.of(1, 2, 255));
  assert.deepEqual([...(await readFile(file))], [1, 2, 255]);
  await writeAtomic(file, [Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3)]);
  assert.deepEqual([...(await readFile(file))], [1, 2, 3]);
  assert.deepEqual(await readdir(path.dirname(file)), ['file']);
});

test('concurrent writers leave the content of one of them', async (t) => {
  const file = path.join(await temporaryFolder(t), 'file');
  const contents = Array.from({ length: 8 }, (_, i) => String(i).repeat(50_000));
  await Promise.all(contents.map((content) => writeAtomic(file, content)));
  assert.ok(contents.includes(await readFile(file, 'utf8')));
  assert.deepEqual(await readdir(path.dirname(file)), ['file']);
});

test('removes only the drafts of killed writers', async (t) => {
  const folder = await temporaryFolder(t);
  for (const name of ['file', 'file.draft', 'file.123.0a1b2c3d.draft', 'other.7.ffffffff.draft'])
    await writeFile(path.join(folder, name), '');
  await removeDrafts(folder);
  assert.deepEqual(await readdir(folder), ['file', 'file.draft']);
});

test('a failed write keeps the old content and leaves no draft', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'file');
  await writeAtomic(file, 'old');
  function* broken(): Generator<Uint8Array> {
    yield Uint8Array.of(1);
    throw new Error('no more chunks');
  }
  await rejectsWith(writeAtomic(file, broken()), 'Cannot write', file, 'no more chunks');
  assert.equal(await readFile(file, 'utf8'), 'old');
  assert.deepEqual(await readdir(folder), ['file']);
});

test('throws a UserError for paths that cannot be written', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(path.join(folder, 'plain'), '');
  await mkdir(path.join(folder, 'taken'));
  await rejectsWith(writeAtomic(path.join(folder, 'plain', 'file'), ''), 'Cannot write', 'a file');
  await rejectsWith(writeAtomic(path.join(folder, 'taken'), ''), 'Cannot write', 'folder');
  await rejectsWith(writeAtomic('/sys/none', ''), 'Cannot write /sys/none', 'Choose another folder');
});

test('throws a UserError on a full or read-only disk and keeps existing files', async (t) => {
  const child = `
    const { writeAtomic } = require('./lib/io/atomic');
    const { appendJsonLine } = require('./lib/io/jsonLines');
    const { execFileSync } = require('node:child_process');
    const { readFileSync, readdirSync } = require('node:fs');
    const print = (error) => console.log(error.name, error.message);
    const report = (work) => work.then(() => console.log('no error'), print);
    (async () => {
      const disk = process.argv[1];
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', disk]);
      await writeAtomic(disk + '/file', 'old');
      await appendJsonLine(disk + '/lines', { text: 'old' });
      await report(writeAtomic(disk + '/file', Buffer.alloc(100_000)));
      await report(appendJsonLine(disk + '/lines', { text: 'x'.repeat(100_000) }));
      console.log(readFileSync(disk + '/file', 'utf8'), readdirSync(disk).length);
      execFileSync('mount', ['-o', 'remount,ro', disk]);
      await report(writeAtomic(disk + '/file', 'new'));
    })();`;
  if (spawnSync('unshare', ['-rm', 'true']).status !== 0) {
    t.skip('mounting a small disk is not permitted here (unshare -rm)');
    return;
  }
  const disk = await temporaryFolder(t);
  const out = execFileSync('unshare', ['-rm', process.execPath, '--import', 'tsx', '-e', child, disk], {
    encoding: 'utf8',
  });
  const [full, fullLines, kept, readOnly] = out.trim().split('\n');
  assert.match(full!, /^UserError Cannot write .*file: the disk is full/);
  assert.match(fullLines!, /^UserError Cannot write .*lines: the disk is full/);
  assert.equal(kept, 'old 2');
  assert.match(readOnly!, /^UserError Cannot write .*read-only/);
});
