import { rmSync } from 'node:fs';
import { addon } from './addon.mjs';
import { log } from './command.mjs';
import { chooseProcessor } from './compiler.mjs';
import { chooseDevice, hasNvidiaDriver } from './device.mjs';
import { environment } from './environment.mjs';
import { SetupFault } from './fault.mjs';
import { images } from './images.mjs';
import { kernelSpec } from './kernelSpec.mjs';
import { kernels } from './kernels.mjs';
import { alone } from './lock.mjs';
import { packages } from './packages.mjs';
import { preflight } from './preflight.mjs';
import { root } from './project.mjs';
import { readState, writeState } from './state.mjs';

const steps = { packages, environment, addon, kernels, images, kernelSpec };

/**
 * Brings the checkout to where its commands work: does the steps that are not done, in order, and remembers each.
 * Returns whether there was anything to do. `force` does all of them again; `retry` those that fell back to less.
 */
export async function setUp({ force = false, retry = false, say = (line) => console.error(line) } = {}) {
  if (!force && !retry && pending(readState()).length === 0) return false;
  return await alone(async () => {
    const state = withChoices(readState());
    if (retry && fellShort(state)) forget(state, ['environment', 'addon', 'kernels', 'images']);
    const todo = force ? Object.keys(steps) : pending(state);
    if (todo.length === 0) return false;
    checkMachine(state, todo, say);
    rmSync(log, { force: true });
    for (const name of Object.keys(steps)) {
      if (force || !steps[name].isDone(state)) await perform(name, state, { say, force });
    }
    return true;
  }, say);
}

/** A line for the user when this machine has more to offer than is set up; undefined otherwise. */
export function advice() {
  const { device } = readState();
  if (device !== 'cpu' || process.env.OFA_DEVICE || !hasNvidiaDriver()) return undefined;
  return 'This machine has an NVIDIA driver, but the CPU engine is set up: OFA_DEVICE=cuda npm run setup changes it.';
}

function pending(recorded) {
  const state = withChoices(recorded);
  return Object.keys(steps).filter((name) => !steps[name].isDone(state));
}

/** The record with the choices that steps depend on; a choice once made stays. */
const withChoices = (state) => ({ ...state, device: chooseDevice(state), march: chooseProcessor(state) });

function forget(state, names) {
  for (const name of names) delete state[name];
}

/** Whether something had to be left out, or is an older or slower thing than it should be. */
export const fellShort = ({ addon: done, kernels: fused, images: decoders } = readState()) =>
  (done !== undefined && done.kind !== 'wheel') || [fused, decoders].some((one) => one?.made === 'none');

function checkMachine({ device }, todo, say) {
  const { faults, warnings } = preflight({ todo, device, folder: root });
  for (const warning of warnings) say(`  ! ${warning}`);
  if (faults.length > 0)
    throw new SetupFault(
      `Missing on this machine:\n${faults.map((line) => `  ✗ ${line}`).join('\n')}\nThen run the command again.`,
    );
}

async function perform(name, state, { say, force }) {
  const start = performance.now();
  let warned = false;
  const warn = (warning) => {
    warned = true;
    say(`  ! ${warning}`);
  };
  say(`  … ${steps[name].title}`);
  try {
    state[name] = await steps[name].perform(state, { force, warn });
  } catch (error) {
    if (error instanceof SetupFault) throw error;
    throw new SetupFault(`${steps[name].title}: ${error.message}\n  Log: ${log}`);
  }
  writeState(state);
  // A warning tells how it ended.
  if (!warned)
    say(`  ✓ ${steps[name].title.replace(/ \(.*/, '')} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}
