import { loadBranches } from '../models/branches/branchFile';
import type { Model } from '../models/model';
import type { Exits } from './recordGraph';

/** Loads the exit branches of a student. The caller disposes the modules. Throws a UserError if they do not fit. */
export function loadExits(student: Model, file: string): Exits {
  const branches = loadBranches(student, file);
  return {
    modules: Object.fromEntries(branches.map(({ branch, options: { stage } }) => [`branch${stage}`, branch])),
    exits: branches.map(({ branch, options: { stage } }) => ({
      name: `branch${stage}`,
      stage,
      logits: (output, mode) => branch.apply(output.stages[stage - 1]!, mode),
    })),
  };
}
