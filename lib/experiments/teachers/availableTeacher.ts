import { existsSync } from 'node:fs';
import type { Family } from '../../models/model';
import type { Profile } from '../../profile';
import { teachers } from '../laptop';

/** A teacher as a recipe names it, and a notice if its weights are not trained ones. */
export interface AvailableTeacher {
  readonly teacher: { readonly model: string; readonly weights: string };
  readonly notice: string | undefined;
}

/**
 * The laptop profile's teacher of a family; with fresh weights if there are no trained ones or in the smoke profile.
 */
export function availableTeacher(family: Family, profile: Profile): AvailableTeacher {
  const { model, weights } = teachers[family];
  if (profile !== 'smoke' && existsSync(weights)) return { teacher: { model, weights }, notice: undefined };
  const reason = profile === 'smoke' ? 'This is the smoke profile' : `There is no file ${weights}`;
  return {
    teacher: { model, weights: 'fresh' },
    notice: `${reason}: the teacher ${model} has random weights, and the student learns nothing useful from it.`,
  };
}
