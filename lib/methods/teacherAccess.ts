import { UserError } from '../errors';
import type { Model, Output } from '../models/model';

/** What a method reads of its teacher's output. Each level includes the levels before it. */
export type TeacherAccess = 'nothing' | 'logits' | 'pooled' | 'stages';

/**
 * A teacher's forward pass on one batch. The stages are optional: a teacher cache does not have them, and only methods
 * with access to `stages` need them.
 */
export type TeacherOutput = Pick<Output, 'logits' | 'pooled'> & Partial<Pick<Output, 'stages'>>;

/** The property `teacher` of a `Setting` at each level of access. */
export interface TeacherOfSetting {
  readonly nothing: object;
  readonly logits: { readonly teacher: Model };
  readonly pooled: { readonly teacher: Model };
  readonly stages: { readonly teacher: Model };
}

/** The property `teacher` of a `Step` at each level of access. */
export interface TeacherOfStep {
  readonly nothing: object;
  readonly logits: { readonly teacher: Pick<Output, 'logits'> };
  readonly pooled: { readonly teacher: Pick<Output, 'logits' | 'pooled'> };
  readonly stages: { readonly teacher: Output };
}

/** Adds the teacher to a setting if the level of access includes it. */
export const teacherOfSetting: {
  readonly [Access in TeacherAccess]: (teacher: Model | undefined) => TeacherOfSetting[Access];
} = {
  nothing: () => ({}),
  logits: (teacher) => ({ teacher: required(teacher) }),
  pooled: (teacher) => ({ teacher: required(teacher) }),
  stages: (teacher) => ({ teacher: required(teacher) }),
};

/** Copies from a teacher's output the fields that the level of access includes, and no others. */
export const teacherOfStep: {
  readonly [Access in TeacherAccess]: (output: TeacherOutput | undefined) => TeacherOfStep[Access];
} = {
  nothing: () => ({}),
  logits: (output) => ({ teacher: { logits: required(output).logits } }),
  pooled: (output) => {
    const { logits, pooled } = required(output);
    return { teacher: { logits, pooled } };
  },
  stages: (output) => {
    const { logits, pooled, stages } = required(output);
    if (!stages) {
      throw new Error("The teacher's stages are missing: a teacher cache does not keep them. Run the teacher instead.");
    }
    return { teacher: { logits, pooled, stages } };
  },
};

/** Whether a method has a teacher at all. This is the only place that decides it. */
export function needsTeacher({ readsTeacher }: { readonly readsTeacher: TeacherAccess }): boolean {
  return readsTeacher !== 'nothing';
}

/**
 * Why a method cannot work without a teacher, as the end of a sentence; undefined if it can, or if there is a teacher.
 */
export function missingTeacher(
  method: { readonly title: string; readonly readsTeacher: TeacherAccess },
  hasTeacher: boolean,
): string | undefined {
  if (hasTeacher || !needsTeacher(method)) return undefined;
  return `method ${method.title} reads the teacher's ${names[method.readsTeacher]}, and there is no teacher`;
}

/**
 * Why a method cannot work with several teachers, as the end of a sentence; undefined if it can. Several teachers have
 * their classes in common, and no features.
 */
export function severalTeachersError(method: {
  readonly title: string;
  readonly readsTeacher: TeacherAccess;
}): string | undefined {
  if (method.readsTeacher === 'nothing' || method.readsTeacher === 'logits') return undefined;
  return (
    `method ${method.title} reads the teacher's ${names[method.readsTeacher]}, which several teachers do not have in ` +
    'common. Use one teacher, or a method that reads logits only, such as kd or ofa'
  );
}

const names: Readonly<Record<TeacherAccess, string>> = {
  nothing: '',
  logits: 'logits',
  pooled: 'pooled features',
  stages: 'stage features',
};

function required<T>(teacher: T | undefined): T {
  if (teacher === undefined) throw new UserError('This method reads a teacher, and there is none. Give it a teacher.');
  return teacher;
}
