import { z } from 'zod';
import { ensembleName } from '../../models/ensembleName';
import { normalisation } from '../../models/weights/savedNormalisation';

/** A count that a float64 represents exactly. */
export const count = z.number().int().positive().safe();

const oneTeacher = z
  .object({
    /** A network of lib/models, or one of the user. */
    model: z.string(),
    /** A weights file, or `fresh` for random weights. */
    weights: z.string(),
    /**
     * Height and width of the teacher's images in pixels. The student's images, after augmentation, are resized to it.
     * Default: the student's image size.
     */
    imageSize: count.optional(),
    /** How images are resized for the teacher. Default: bicubic, as for most weights of timm. */
    interpolation: z.enum(['bicubic', 'bilinear']).optional(),
    /**
     * Mean and std of the pixels that the weights expect; the images are converted. Default: as the weights file
     * states, or else those of the student's images.
     */
    normalisation: normalisation.optional(),
  })
  .strict();

/** The teacher of a recipe. */
export const teacherSpec = oneTeacher
  .extend({
    /**
     * Further teachers of the same classes. The teacher's probabilities are the mean of those of all, for methods that
     * read nothing but logits.
     */
    others: z.array(oneTeacher).min(1).optional(),
  })
  .strict();
export type TeacherSpec = z.output<typeof teacherSpec>;

/** One network of a teacher. */
export type OneTeacher = z.output<typeof oneTeacher>;

/** The networks of a recipe's teacher. */
export function teachersOf(teacher: TeacherSpec | null): OneTeacher[] {
  if (!teacher) return [];
  const { others = [], ...first } = teacher;
  return [first, ...others];
}

/** The teacher that consists of these networks, at least one. */
export function teacherOf([first, ...others]: readonly OneTeacher[]): TeacherSpec {
  if (!first) throw new Error('A teacher has at least one network.');
  return { ...first, ...(others.length > 0 && { others }) };
}

/** The name of a recipe's teacher in records: those of all its networks. */
export function teacherName(teacher: TeacherSpec | null): string | null {
  return teacher && ensembleName(teachersOf(teacher).map(({ model }) => model));
}
