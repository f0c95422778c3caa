import { z } from 'zod';
import { unknownName, UserError } from '../../errors';
import type { Method } from '../../methods/method';
import { findMethod, methodFaults, methods, methodSpec } from '../../methods/methods';
import { missingTeacher } from '../../methods/teacherAccess';
import type { Model } from '../../models/model';
import { modelNames } from '../../models/zoo';
import { isNative } from '../../tensor/engine/native';
import type { Recipe } from '../recipe/recipe';
import type { Resources } from '../training';

/** What can be said about names even where other parts of a recipe are malformed. */
const names = z
  .object({
    student: z.string().optional().catch(undefined),
    teacher: z.object({ model: z.string() }).nullish().catch(undefined),
    method: methodSpec.optional().catch(undefined),
  })
  .catch({});

/** Networks and methods that do not exist, wrong options of the method, a teacher that it lacks. `method` stands in for the one named. */
export function nameFaults(given: unknown, method?: Method): string[] {
  const { student, teacher, method: spec } = names.parse(given);
  const known = modelNames();
  const unknown = (
    [
      ['student', student],
      ['teacher', teacher?.model],
    ] as const
  ).flatMap(([place, name]) =>
    name === undefined || known.includes(name) ? [] : [`${place}: ${unknownName('network', name, known).message}`],
  );
  if (!spec) return unknown;
  const chosen = method ?? findMethod(spec.kind);
  if (!chosen) return [...unknown, `method: ${unknownName('method', spec.kind, Object.keys(methods)).message}`];
  const missing = missingTeacher(chosen, teacher !== null);
  return [
    ...unknown,
    ...methodFaults(spec, chosen),
    ...(missing === undefined ? [] : [`teacher: ${missing} in the recipe`]),
  ];
}

/** What a run is to be made of; in the place of the teacher may stand why it cannot be had. */
export type Candidates = Omit<Resources, 'teacher'> & { readonly teacher?: Model | UserError };

/** Where the recipe, the data and the teacher do not go together. */
export function settingFaults(recipe: Recipe, { train, test, teacher, method }: Candidates): string[] {
  const { height, width } = train.size;
  const side = recipe.imageSize ?? height;
  const classes = train.classes.length;
  const chosen = method ?? findMethod(recipe.method.kind);
  const missing = chosen && missingTeacher(chosen, teacher !== undefined);
  return [
    ...when(
      height !== width && recipe.imageSize === undefined,
      `data: networks take square images, and these are ${height} × ${width}`,
    ),
    ...when(
      test.size.height !== height || test.size.width !== width,
      `data: training images are ${height} × ${width}, test images ${test.size.height} × ${test.size.width}`,
    ),
    ...when(
      test.classes.length !== classes,
      `data: the training set has ${classes} classes, the test set ${test.classes.length}`,
    ),
    ...when(test.count === 0, 'data: the test set is empty'),
    ...when(
      recipe.batchSize > train.count,
      `batchSize: a batch of ${recipe.batchSize} is larger than the training set of ${train.count} images`,
    ),
    ...when(
      recipe.precision === 'bfloat16' && !isNative(),
      'precision: bfloat16 needs TensorFlow, and plain JavaScript computes here: run npm run setup',
    ),
    ...(missing === undefined ? [] : [`teacher: ${missing}`]),
    ...(teacher === undefined || teacher instanceof UserError
      ? []
      : [
          ...when(
            recipe.teacher !== null && recipe.teacher.model !== teacher.name,
            `teacher: the recipe names ${recipe.teacher?.model}, and ${teacher.name} is given`,
          ),
          ...when(
            teacher.classes !== classes,
            `teacher: ${teacher.name} knows ${teacher.classes} classes, and the student is to learn the ${classes} of the data`,
          ),
          ...when(
            teacher.imageSize !== side,
            `teacher: ${teacher.name} takes images of ${teacher.imageSize} pixels, and these have ${side}`,
          ),
        ]),
  ];
}

/** One error for all faults. */
export function recipeError(faults: readonly string[]): UserError {
  return new UserError(['The recipe has faults:', ...faults.map((fault) => `  ${fault}`)].join('\n'));
}

function when(wrong: boolean, fault: string): string[] {
  return wrong ? [fault] : [];
}
