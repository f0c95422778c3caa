import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { inProject } from './project.mjs';

const path = inProject('build', 'setup.lock');
const beat = 5_000;
const silence = 60_000;

/** Runs `work` while no other set-up of this checkout runs; waits for one that does, saying so. */
export async function alone(work, say) {
  await acquire(say);
  const heart = setInterval(() => utimesSync(path, new Date(), new Date()), beat);
  try {
    return await work();
  } finally {
    clearInterval(heart);
    rmSync(path, { force: true });
  }
}

async function acquire(say) {
  mkdirSync(inProject('build'), { recursive: true });
  const mine = `${process.pid} ${hostname()}`;
  for (let told = false; ;) {
    const holder = tryToHold(mine);
    if (holder === undefined) return;
    if (isGone(holder)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told) say(`Another set-up (process ${holder.pid} on ${holder.host}) is at work here; waiting for it.`);
    told = true;
    await sleep(300);
  }
}

/** Undefined when the lock is now ours, else who holds it. */
function tryToHold(mine) {
  try {
    writeFileSync(path, mine, { flag: 'wx' });
    return undefined;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  try {
    const [pid, host] = readFileSync(path, 'utf8').split(' ');
    return { pid: Number(pid), host, lastSign: statSync(path).mtimeMs };
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return { pid: NaN, host: '', lastSign: Date.now() };
  }
}

/** A holder is gone when it has been silent for long, or is known to this machine and no process any more. */
function isGone({ pid, host, lastSign }) {
  if (Date.now() - lastSign > silence) return true;
  if (host !== hostname() || !Number.isInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
