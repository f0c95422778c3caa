import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quoted } from '../../../lib/data/datasets/classNames';
import { openImageFolder } from '../../../lib/data/datasets/imageFolder';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { writeEmptyFiles } from './emptyFiles';

const imageSize = 16;
const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];

test('a class has one name in every Unicode form', async (context) => {
  const train = await writeEmptyFiles(await temporaryFolder(context), [`${composed}/0.png`, 'cag/0.png', 'b/0.png']);
  const val = await writeEmptyFiles(await temporaryFolder(context), [`${decomposed}/0.png`, 'cag/0.png', 'b/0.png']);
  const { classes } = await openImageFolder(train, { imageSize });
  const validation = await openImageFolder(val, { imageSize, classes });
  assert.deepEqual(validation.classes, classes);
  // "cafe" with an accent sorts before "cag", and the composed letter after it: the order is that of one form.
  assert.deepEqual(classes, ['b', composed, 'cag'].sort());
  assert.deepEqual([...validation.labels], [0, 1, 2]);
});

test('quotes names that would break a line, move the cursor, or end in blanks', () => {
  assert.deepEqual(['bus', '木 屋', 'a\nb', '\u001b[2Ja', 'a\u0085b', 'a\u2028b', ' a', ''].map(quoted), [
    ...['bus', '木 屋', '"a\\nb"', '"\\u001b[2Ja"', '"a\\u0085b"', '"a\\u2028b"', '" a"', '""'],
  ]);
});

test('rejects two folders of one class in different Unicode forms', async (context) => {
  const folder = await writeEmptyFiles(await temporaryFolder(context), [`${composed}/0.png`, `${decomposed}/0.png`]);
  await rejectsWith(openImageFolder(folder, { imageSize }), `2 folders are named ${composed}`, 'merge them');
});

test('names that differ in case or blanks are different classes, with a notice', async (context) => {
  const folder = await writeEmptyFiles(await temporaryFolder(context), ['Cat/0.png', 'cat/0.png', 'cat /0.png']);
  const { classes, notices } = await openImageFolder(folder, { imageSize });
  assert.deepEqual(classes, ['Cat', 'cat', 'cat ']);
  assert.match(notices.join(), /different classes: Cat and cat and "cat "/);
});

test('names the other class where training and validation differ in case or blanks only', async (context) => {
  const folder = await writeEmptyFiles(await temporaryFolder(context), ['cat/0.png', 'dog /0.png']);
  await rejectsWith(
    openImageFolder(folder, { imageSize, classes: ['Cat', 'dog'] }),
    'class Cat of the training images is missing (cat differs only in case or blanks',
    'class dog of the training images is missing ("dog " differs only in case or blanks',
  );
});
