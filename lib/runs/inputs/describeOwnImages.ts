import { describeDataset } from '../../data/datasets/describeDataset';
import { describeLeftOut, mergeLeftOut } from '../../data/datasets/leftOut';
import {
  countCommonImages,
  countContradictions,
  describeHeaders,
  inspectImages,
  type ImageSummary,
} from '../../data/decoding/inspectImages';
import type { OwnImages } from './ownImages';

/**
 * One line about what was understood before training: classes, images of each, sizes, bit depths, and the files that
 * are left out. Further lines state images that are scaled to 8 bits, that are in two classes, or in both parts.
 */
export async function describeOwnImages({ train, test }: Pick<OwnImages, 'train' | 'test'>): Promise<string> {
  const [training, validation] = [await inspectImages(train), await inspectImages(test)];
  // Both parts of one folder have the same list.
  const leftOut = mergeLeftOut(new Set([...train.leftOut, ...test.leftOut]));
  const line = [
    `images: ${train.classes.length} classes`,
    `training ${describeDataset(train)}, ${describeHeaders(training)}`,
    `validation ${describeDataset(test)}, ${describeHeaders(validation)}`,
    leftOut.length === 0 ? 'no file left out' : `left out: ${describeLeftOut(leftOut)}`,
    ...(training.count + validation.count < train.count + test.count
      ? [`sizes and bits are those of ${training.count + validation.count} images`]
      : []),
  ].join('; ');
  const deep = countDeep(training) + countDeep(validation);
  const common = await countCommonImages([train, training], [test, validation]);
  const contradictory = (await countContradictions(train, training)) + (await countContradictions(test, validation));
  return [
    line,
    ...(deep === 0 ? [] : [`${deep} images have more than 8 bits and are scaled to 8 bits (docs/inputs.md)`]),
    ...(contradictory === 0 ? [] : [`${contradictory} images have the content of an image of another class`]),
    ...(common === 0 ? [] : [`${common} images for validation have the content of an image for training`]),
  ].join('\n');
}

function countDeep({ headers }: ImageSummary): number {
  return headers.filter(({ depth }) => depth > 8).length;
}
