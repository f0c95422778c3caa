import { UserError } from '../../errors';
import { backendInfo } from '../../tensor/engine/backendInfo';

/** Whether a step runs op by op, as compiled functions, or as functions that XLA compiles. */
export type CompileMode = 'off' | 'graph' | 'xla';

/** The environment variable OFA_COMPILE; without it, `xla` on a GPU, otherwise `off`. */
export function defaultCompileMode(): CompileMode {
  const given = process.env['OFA_COMPILE'];
  if (given === undefined || given === '') return backendInfo().device === 'GPU' ? 'xla' : 'off';
  if (given === 'off' || given === 'graph' || given === 'xla') return given;
  throw new UserError(`OFA_COMPILE is "${given}". Set it to off, graph or xla, or remove it.`);
}
