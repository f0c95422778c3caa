import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { openImageFolder } from '../../../lib/data/datasets/imageFolder';
import { stringAt } from '../../../lib/data/datasets/packedStrings';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { writeEmptyFiles } from './emptyFiles';

const imageSize = 16;

test('files and folders of operating systems are neither classes nor images', async (context) => {
  const folder = await writeEmptyFiles(await temporaryFolder(context), [
    ...['a/0.png', 'a/1.png', 'b/0.png', 'a/._0.png', 'a/.hidden.png', 'b/Thumbs.db', 'a/@eaDir/0.png'],
    ...['__MACOSX/x.png', '.ipynb_checkpoints/x.png', '$RECYCLE.BIN/x.png', 'System Volume Information/x.png'],
  ]);
  const dataset = await openImageFolder(folder, { imageSize });
  assert.deepEqual(dataset.classes, ['a', 'b']);
  assert.deepEqual(namesOf(dataset), ['a/0.png', 'a/1.png', 'b/0.png']);
  assert.deepEqual(
    dataset.leftOut.map(({ reason, count }) => [reason, count]),
    [['hidden or of the operating system', 8]],
  );
});

test('leaves out links without a target, links in a circle, and pipes, and names each kind', async (context) => {
  const folder = await writeEmptyFiles(await temporaryFolder(context), ['a/0.png', 'b/0.png']);
  await symlink('nowhere.png', path.join(folder, 'a', 'gone.png'));
  await symlink('itself.png', path.join(folder, 'a', 'itself.png'));
  await symlink(path.join('0.png', 'below'), path.join(folder, 'a', 'below.png'));
  execFileSync('mkfifo', [path.join(folder, 'b', 'pipe.png')]);
  const dataset = await openImageFolder(folder, { imageSize });
  assert.deepEqual(namesOf(dataset), ['a/0.png', 'b/0.png']);
  assert.deepEqual(dataset.leftOut.map(({ reason, count, example }) => [reason, count, example]).sort(), [
    ['link that leads to itself', 1, 'a/itself.png'],
    ['link without a target', 2, dataset.leftOut.find(({ count }) => count === 2)?.example],
    ['neither a file nor a folder', 1, 'b/pipe.png'],
  ]);
});

test('reads a folder once, whether links lead to its parent, to the root or to itself', async (context) => {
  const folder = await writeEmptyFiles(await temporaryFolder(context), ['a/0.png', 'a/deep/1.png', 'b/0.png']);
  await symlink('.', path.join(folder, 'a', 'loop'));
  await symlink('..', path.join(folder, 'a', 'deep', 'up'));
  await symlink('.', path.join(folder, 'all'));
  await symlink(path.join('..', 'a'), path.join(folder, 'b', 'sibling'));
  const dataset = await openImageFolder(folder, { imageSize });
  assert.deepEqual(dataset.classes, ['a', 'b']);
  // A link to another folder is followed, as by torchvision.
  assert.deepEqual(namesOf(dataset), ['a/0.png', 'a/deep/1.png', 'b/0.png', 'b/sibling/0.png', 'b/sibling/deep/1.png']);
  assert.deepEqual(
    dataset.leftOut.map(({ reason, count }) => [reason, count]),
    [['link to a folder that is read already', 5]],
  );
});

test('leaves out files whose name is not UTF-8, and rejects such folders', async (context) => {
  const folder = await writeEmptyFiles(await temporaryFolder(context), ['a/0.png', 'b/0.png']);
  await writeFile(latin1(folder, 'a', 'caf\u00e9.png'), '');
  const { count, leftOut } = await openImageFolder(folder, { imageSize });
  assert.deepEqual([count, leftOut.map(({ reason }) => reason)], [2, ['name that is not UTF-8']]);
  execFileSync('sh', ['-c', 'mkdir "$1/$(printf "caf\\351")"', 'sh', folder]);
  await rejectsWith(openImageFolder(folder, { imageSize }), 'is not UTF-8; rename it');
});

function latin1(...parts: readonly string[]): Buffer {
  return Buffer.from(path.join(...parts), 'latin1');
}

function namesOf(dataset: Awaited<ReturnType<typeof openImageFolder>>): string[] {
  return Array.from({ length: dataset.count }, (_, index) => stringAt(dataset.names, index));
}
