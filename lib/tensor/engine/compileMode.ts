import { UserError } from '../../errors';
import { backendInfo } from './backendInfo';

/** Whether functions of tensors run op by op, as compiled functions, or as functions that XLA compiles. */
export type CompileMode = 'off' | 'graph' | 'xla';

/**
 * How training steps run: the environment variable OFA_COMPILE; without it, `xla` on a GPU. On a CPU `graph`, which
 * has the bits of `off`, or `off` if parts of the step are the user's own.
 */
export function defaultCompileMode({ isOwn = false }: { readonly isOwn?: boolean } = {}): CompileMode {
  return given() ?? (backendInfo().device === 'GPU' ? 'xla' : isOwn ? 'off' : 'graph');
}

/**
 * How networks run in inference mode: OFA_COMPILE; without it, `graph` on a GPU, because XLA would take longer to
 * compile a network than it saves in a few batches, otherwise `off`.
 */
export function defaultInferenceMode(): CompileMode {
  return given() ?? (backendInfo().device === 'GPU' ? 'graph' : 'off');
}

function given(): CompileMode | undefined {
  const value = process.env['OFA_COMPILE'];
  if (value === undefined || value === '') return undefined;
  if (value === 'off' || value === 'graph' || value === 'xla') return value;
  throw new UserError(`OFA_COMPILE is "${value}". Set it to off, graph or xla, or remove it.`);
}
