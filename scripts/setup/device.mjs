import { existsSync } from 'node:fs';
import { ask, findProgram } from './command.mjs';
import { SetupFault } from './fault.mjs';

/**
 * Which TensorFlow to install: OFA_DEVICE when set, else what was chosen here before, else what the machine has.
 * A choice once made stays, so that the nodes of a cluster that share a checkout do not undo each other's.
 */
export function chooseDevice(state, env = process.env) {
  const wish = env.OFA_DEVICE;
  if (wish !== undefined && wish !== '' && wish !== 'cpu' && wish !== 'cuda') {
    throw new SetupFault(`OFA_DEVICE is "${wish}"; it must be cpu or cuda, or unset to look for an NVIDIA driver.`);
  }
  return wish || state.device || (hasNvidiaDriver(env) ? 'cuda' : 'cpu');
}

/** Whether an NVIDIA driver is loaded here. */
export function hasNvidiaDriver(env = process.env) {
  if (existsSync('/proc/driver/nvidia/version')) return true;
  const tool = findProgram(['nvidia-smi'], env);
  return tool !== undefined && Boolean(ask(tool, ['-L'], env));
}
