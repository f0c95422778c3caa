// TypeScript's watch mode has two timers: one to compile again, and one to resolve imports again after files appeared
// or vanished. tslab keeps one and throws "Unexpected pending rebuildTimer" for the other, in this and all later cells.
// It happens if files of lib or node_modules change while a notebook is open.
import { replaceInTypeScript } from './typescript.mjs';

/** Lets changes of several files wait together for the next cell. Call it before tslab is loaded. */
export function allowEdits() {
  replaceInTypeScript((ts) => ({
    createWatchProgram: (host) => {
      shareTimer(host);
      return ts.createWatchProgram(host);
    },
  }));
}

/** Makes all timers of a host share its only one, which tslab fires before each cell. */
function shareTimer(host) {
  const { setTimeout, clearTimeout } = host;
  const waiting = new Map();
  let shared;
  let isFiring = false;
  const release = () => {
    clearTimeout(shared);
    shared = undefined;
  };
  const fire = () => {
    isFiring = true;
    try {
      // A callback can add or remove others.
      for (const [timer, callback] of waiting) {
        waiting.delete(timer);
        callback();
      }
    } finally {
      // tslab does so only after a success: an error in one cell would be one in all later cells.
      release();
      isFiring = false;
    }
  };
  host.setTimeout = (callback) => {
    const timer = {};
    waiting.set(timer, callback);
    shared ??= setTimeout(fire);
    return timer;
  };
  host.clearTimeout = (timer) => {
    waiting.delete(timer);
    if (waiting.size === 0 && shared !== undefined && !isFiring) release();
  };
}
