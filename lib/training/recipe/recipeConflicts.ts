import path from 'node:path';
import type { Method } from '../../methods/method';
import { scratch } from '../../methods/scratch';
import { needsTeacher } from '../../methods/teacherAccess';
import type { Recipe } from './recipe';
import { scheduleConflicts } from './scheduleConflicts';

/**
 * Lists the fields of a recipe that contradict each other, have no effect, or prevent learning. Each line names the
 * field, the reason, and what to do. `method` is the method of the recipe.
 */
export function recipeConflicts(recipe: Recipe, method: Method): string[] {
  return [
    ...infiniteNumbers(recipe),
    ...dataConflicts(recipe),
    ...labelConflicts(recipe, method),
    ...batchConflicts(recipe, method),
    ...scheduleConflicts(recipe),
    ...decayConflicts(recipe),
  ];
}

/** Numbers beyond float64, such as 1e999 in JSON. */
function infiniteNumbers(value: unknown, place = ''): string[] {
  if (value === Infinity || value === -Infinity) return [`${place}: must be a finite number (it is ${value})`];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => infiniteNumbers(part, place === '' ? key : `${place}.${key}`));
}

function dataConflicts({ data, imageSize, cropShare, mixing, augmentation }: Recipe): string[] {
  const errors: string[] = [];
  if (data.name === 'folder' || data.name === 'shards') {
    const { path: folder, validation, split } = data;
    if (validation !== undefined && path.resolve(validation) === path.resolve(folder)) {
      errors.push(
        `data.validation: is the training folder ${folder}: accuracy on training images does not hold for other ` +
          'images. Name another folder, or omit it to hold out a share of the images',
      );
    }
    if (validation !== undefined && split) {
      errors.push('data.split: has no effect with data.validation. Omit one of them');
    }
  } else if (cropShare !== undefined && imageSize === undefined) {
    errors.push(
      'cropShare: has no effect without imageSize, because images are not resized. Set imageSize, or omit it',
    );
  }
  if (mixing && mixing.mixup === 0 && mixing.cutmix === 0) {
    errors.push('mixing: has no effect if mixup and cutmix are 0. Set one of them, or omit mixing');
  }
  if (typeof augmentation === 'object' && augmentation.crop?.kind === 'resized') {
    const { area, aspect } = augmentation.crop;
    for (const [field, [min, max]] of Object.entries({ area, aspect })) {
      if (min > max) errors.push(`augmentation.crop.${field}: the minimum ${min} is larger than the maximum ${max}`);
    }
    if (area[1] > 1) {
      errors.push(`augmentation.crop.area: a crop cannot be larger than the image. Use at most 1 (it is ${area[1]})`);
    }
  }
  return errors;
}

function labelConflicts(
  { labelWeight, labelSmoothing, labelLoss, averageDecay, teacher }: Recipe,
  method: Method,
): string[] {
  const errors: string[] = [];
  if (labelSmoothing === 1) {
    errors.push('labelSmoothing: with 1 every class has the same target, and nothing is learnt. Use less than 1');
  }
  if (labelWeight === 0 && method === scratch) {
    errors.push(`labelWeight: with 0 and method ${method.title} there is no loss, and nothing is learnt`);
  }
  if (labelWeight === 0 && labelLoss !== undefined) {
    errors.push('labelLoss: has no effect with a labelWeight of 0. Omit it');
  }
  if (averageDecay === 1) {
    errors.push(
      'averageDecay: with 1 the average stays at the initial weights, which are evaluated and saved. Use less than 1',
    );
  }
  if (teacher !== null && !needsTeacher(method)) {
    errors.push(`teacher: method ${method.title} does not use a teacher. Omit it, or choose another method`);
  }
  return errors;
}

function batchConflicts({ batchSize, accumulation, mixing, evaluateEvery, epochs }: Recipe, method: Method): string[] {
  const errors: string[] = [];
  const size = batchSize / accumulation;
  const remedy = 'Use a larger batchSize or less accumulation';
  if (mixing && size === 1) {
    errors.push(`mixing: has no effect on micro-batches of one image, which is mixed with itself. ${remedy}`);
  }
  if (size < method.minExamples) {
    errors.push(
      `batchSize: method ${method.title} compares the examples of a micro-batch, and needs at least ` +
        `${method.minExamples} (there ${size === 1 ? 'is 1' : `are ${size}`}). ${remedy}`,
    );
  }
  if (evaluateEvery > epochs) {
    errors.push(
      `evaluateEvery: ${evaluateEvery} epochs are more than the run's ${epochs}. Use at most ${epochs}, which ` +
        'evaluates the last epoch only',
    );
  }
  return errors;
}

function decayConflicts({ learningRate, weightDecay, decayEverything }: Recipe): string[] {
  const errors: string[] = [];
  if (learningRate * weightDecay >= 1) {
    errors.push(
      `weightDecay: ${weightDecay} times the learning rate ${learningRate} is at least 1: a step would remove all ` +
        'of each weight. Reduce one of them',
    );
  }
  if (decayEverything && weightDecay === 0) {
    errors.push('decayEverything: has no effect with a weightDecay of 0. Omit it');
  }
  return errors;
}
