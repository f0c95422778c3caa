import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupFault } from './fault.mjs';
import { inProject } from './project.mjs';

const path = inProject('build', 'setup.lock');
const mine = `${process.pid} ${hostname()}`;
const draft = `${path}.${process.pid}`;
const beat = 5_000;
const silence = 60_000;

/** Runs `work` while no other set-up of this checkout runs; waits for one that does, saying so. */
export async function alone(work, say) {
  await acquire(say);
  // Written rather than touched: the time is then the file system's, and two machines' clocks need not agree.
  const heart = setInterval(() => ifHeld(() => writeFileSync(path, mine, { flag: 'r+' })), beat);
  try {
    return await work();
  } finally {
    clearInterval(heart);
    ifHeld(() => rmSync(path, { force: true }));
  }
}

async function acquire(say) {
  try {
    mkdirSync(inProject('build'), { recursive: true });
  } catch (error) {
    throw cannotWrite(error);
  }
  for (let told = false; ;) {
    if (took()) return;
    const text = contentOf(path);
    if (text === undefined) continue;
    if (isGone(text)) {
      clear(text);
      continue;
    }
    const [pid, host] = text.split(' ');
    if (!told) say(`Another set-up (process ${pid} on ${host}) is at work here; waiting for it.`);
    told = true;
    await sleep(300);
  }
}

function took() {
  try {
    writeFileSync(path, mine, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw cannotWrite(error);
    return false;
  }
}

function cannotWrite(error) {
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(error.code)) return error;
  return new SetupFault(
    `The project's folder cannot be written (${error.message}). Clone it where you may write, or make room.`,
  );
}

/** A holder is gone when it has been silent for long, or is known to this machine and no process any more. */
function isGone(text) {
  const [pid, host] = text.split(' ');
  if (host === hostname() && Number(pid) > 0) {
    try {
      process.kill(Number(pid), 0);
    } catch (error) {
      if (error.code === 'ESRCH') return true;
    }
  }
  writeFileSync(draft, '');
  try {
    return statSync(draft).mtimeMs - statSync(path).mtimeMs > silence;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes the lock that was found gone, and no other that another set-up has put there since. */
function clear(text) {
  try {
    renameSync(path, draft);
    if (contentOf(draft) !== text) linkSync(draft, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function ifHeld(work) {
  try {
    if (contentOf(path) === mine) work();
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function contentOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
}
