import { UserError } from '../../errors';
import { findMethod } from '../../methods/methods';
import { missingTeacher } from '../../methods/teacherAccess';
import type { Model } from '../../models/model';
import { isNative } from '../../tensor/engine/native';
import { tf32Obstacle } from '../../tensor/engine/tf32';
import type { Recipe } from '../recipe/recipe';
import { teacherName } from '../recipe/teacherSpec';
import type { CandidateResources } from './resources';

/** Lists where a recipe, its data, its teacher and this machine do not fit together. */
export function settingErrors(recipe: Recipe, resources: CandidateResources): string[] {
  const { teacher } = resources;
  return [
    ...dataErrors(recipe, resources),
    ...precisionErrors(recipe),
    ...missingTeacherErrors(recipe, resources),
    ...(teacher === undefined || teacher instanceof UserError ? [] : teacherErrors(recipe, resources, teacher)),
  ];
}

function dataErrors({ imageSize, batchSize }: Recipe, { train, test }: CandidateResources): string[] {
  const { height, width } = train.size;
  const errors: string[] = [];
  if (height !== width && imageSize === undefined) {
    errors.push(`data: the images are ${height} × ${width}, and networks take square ones. Set imageSize`);
  }
  if (test.size.height !== height || test.size.width !== width) {
    const { size } = test;
    errors.push(`data: training images are ${height} × ${width}, test images ${size.height} × ${size.width}`);
  }
  if (test.classes.length !== train.classes.length) {
    errors.push(
      `data: the training set has ${train.classes.length} classes, and the test set has ${test.classes.length}`,
    );
  }
  if (train.classes.length < 2) {
    errors.push(`data: the training set has ${train.classes.length} class, and a classifier needs at least 2`);
  }
  if (test.count === 0) errors.push('data: the test set is empty');
  if (batchSize > train.count) {
    errors.push(`batchSize: a batch of ${batchSize} is larger than the training set of ${train.count} images`);
  }
  return errors;
}

function precisionErrors({ precision }: Recipe): string[] {
  if (precision === 'bfloat16' && !isNative()) {
    return ['precision: bfloat16 needs TensorFlow, and this process runs without it. Run npm run setup'];
  }
  const obstacle = precision === 'tf32' ? tf32Obstacle() : undefined;
  return obstacle === undefined ? [] : [`precision: tf32 cannot be used: ${obstacle}`];
}

function missingTeacherErrors(recipe: Recipe, { teacher, method }: CandidateResources): string[] {
  const chosen = method ?? findMethod(recipe.method.kind);
  const missing = chosen && missingTeacher(chosen, teacher !== undefined);
  return missing === undefined ? [] : [`teacher: ${missing}`];
}

function teacherErrors(recipe: Recipe, { train }: CandidateResources, teacher: Model): string[] {
  const classes = train.classes.length;
  const imageSize = recipe.imageSize ?? train.size.height;
  const errors: string[] = [];
  const named = teacherName(recipe.teacher);
  if (named !== null && named !== teacher.name) {
    errors.push(`teacher: the recipe names ${named}, and the run has ${teacher.name}`);
  }
  if (teacher.classes !== classes) {
    errors.push(`teacher: ${teacher.name} has ${teacher.classes} classes, and the data has ${classes}`);
  }
  if (teacher.imageSize !== imageSize) {
    errors.push(
      `teacher: ${teacher.name} takes images of ${teacher.imageSize} pixels, and the student's have ${imageSize}. ` +
        'Set imageSize of the teacher in the recipe',
    );
  }
  return errors;
}
