import { rmSync } from 'node:fs';
import { addon } from './addon.mjs';
import { log } from './command.mjs';
import { chooseProcessor } from './compiler.mjs';
import { chooseDevice, hasNvidiaDriver } from './device.mjs';
import { environment } from './environment.mjs';
import { SetupError } from './setupError.mjs';
import { images } from './images.mjs';
import { endOnInterrupt } from './interrupt.mjs';
import { kernelSpec } from './kernelSpec.mjs';
import { kernels } from './kernels.mjs';
import { withSetupLock } from './lock.mjs';
import { packages } from './packages.mjs';
import { preflight } from './preflight.mjs';
import { root } from './project.mjs';
import { readState, writeState } from './state.mjs';

const steps = { packages, environment, addon, kernels, images, kernelSpec };

/**
 * Performs the steps of the setup that are not done, in order, and stores the result of each.
 * Returns whether there was anything to do. `force` repeats all steps; `retry` repeats those that fell back.
 */
export async function setUp({ force = false, retry = false, print = (line) => console.error(line) } = {}) {
  if (!force && !retry && pending(readState()).length === 0) return false;
  return await withSetupLock(async () => {
    const state = withChoices(readState());
    if (retry && isIncomplete(state)) forget(state, ['environment', 'addon', 'kernels', 'images']);
    const todo = force ? Object.keys(steps) : pending(state);
    if (todo.length === 0) return false;
    checkMachine(state, todo, print);
    rmSync(log, { force: true });
    for (const name of Object.keys(steps)) {
      if (force || !steps[name].isDone(state)) await perform(name, state, { print, force });
    }
    return true;
  }, print);
}

/** Returns a hint for the user if this machine supports a faster engine than is set up, otherwise undefined. */
export function advice() {
  const { device } = readState();
  if (device !== 'cpu' || process.env.OFA_DEVICE || !hasNvidiaDriver()) return undefined;
  return 'This machine has an NVIDIA driver, but uses the CPU engine. To change it, run OFA_DEVICE=cuda npm run setup.';
}

function pending(recorded) {
  const state = withChoices(recorded);
  return Object.keys(steps).filter((name) => !steps[name].isDone(state));
}

/** Adds the choices that the steps depend on; an earlier choice is kept. */
const withChoices = (state) => ({ ...state, device: chooseDevice(state), march: chooseProcessor(state) });

function forget(state, names) {
  for (const name of names) delete state[name];
}

/** Whether an optional part is missing, or an older and slower version is used instead. */
export const isIncomplete = ({ addon: done, kernels: fused, images: decoders } = readState()) =>
  (done !== undefined && done.kind !== 'wheel') || [fused, decoders].some((one) => one?.made === 'none');

function checkMachine({ device }, todo, print) {
  const { errors, warnings } = preflight({ todo, device, folder: root });
  for (const warning of warnings) print(`  ! ${warning}`);
  if (errors.length === 0) return;
  const list = errors.map((line) => `  ✗ ${line}`).join('\n');
  throw new SetupError(`Missing on this machine:\n${list}\nInstall it, then run the command again.`);
}

async function perform(name, state, { print, force }) {
  const start = performance.now();
  const title = steps[name].title.replace(/ \(.*/, '');
  const stopListening = endOnInterrupt(() => interruptedText(name, title));
  let hasWarned = false;
  const warn = (warning) => {
    hasWarned = true;
    print(`  ! ${warning}`);
  };
  print(`  … ${steps[name].title}`);
  try {
    state[name] = await steps[name].perform(state, { force, warn });
  } catch (error) {
    if (error instanceof SetupError) throw error;
    throw new SetupError(`${steps[name].title}: ${error.message}\n  Log: ${log}`);
  } finally {
    stopListening();
  }
  writeState(state);
  // A warning already describes the result.
  if (!hasWarned) print(`  ✓ ${title} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

/** Where an interrupted setup was, and how to continue. */
function interruptedText(name, title) {
  const names = Object.keys(steps);
  const place = `step ${names.indexOf(name) + 1} of ${names.length}: ${title}`;
  return `Stopped during ${place}. Earlier steps are complete. Run npm run setup to resume with this step.`;
}
