import { existsSync } from 'node:fs';
import { findProgram, outputOf } from './command.mjs';
import { SetupError } from './setupError.mjs';

/**
 * Returns the TensorFlow to install, `cpu` or `cuda`: OFA_DEVICE if set, otherwise the earlier choice,
 * otherwise `cuda` if this machine has an NVIDIA driver.
 * The choice is stored, so that nodes of a cluster that share a checkout do not overwrite each other's.
 */
export function chooseDevice(state, env = process.env) {
  const wish = env.OFA_DEVICE;
  if (wish !== undefined && wish !== '' && wish !== 'cpu' && wish !== 'cuda') {
    throw new SetupError(`OFA_DEVICE is "${wish}"; it must be cpu or cuda, or unset to look for an NVIDIA driver.`);
  }
  return wish || state.device || (hasNvidiaDriver(env) ? 'cuda' : 'cpu');
}

/** Whether an NVIDIA driver is loaded on this machine. */
export function hasNvidiaDriver(env = process.env) {
  if (existsSync('/proc/driver/nvidia/version')) return true;
  const tool = findProgram(['nvidia-smi'], env);
  return tool !== undefined && Boolean(outputOf(tool, ['-L'], env));
}
