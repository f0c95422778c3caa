import type { Method } from '../../methods/method';
import type { OwnNetworks } from '../../models/own/network';
import type { Recipe } from './recipe';
import { teachersOf } from './teacherSpec';

/** What a recipe may name and the library does not have, for example because a notebook defines it. */
export interface OwnParts {
  /** Replaces the method that the recipe names. */
  readonly method?: Method | undefined;
  readonly networks?: OwnNetworks | undefined;
}

/** Whether the student or the teacher of a recipe is one of these networks. */
export function namesOwnNetwork(
  { student, teacher }: Pick<Recipe, 'student' | 'teacher'>,
  own: OwnNetworks | undefined,
): boolean {
  return (
    own?.networks.some(({ name }) => name === student || teachersOf(teacher).some(({ model }) => model === name)) ??
    false
  );
}
