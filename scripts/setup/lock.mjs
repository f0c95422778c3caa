import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from './setupError.mjs';
import { inProject } from './project.mjs';

const owner = `${process.pid} ${hostname()}`;
const heartbeatMs = 5_000;
/** A lock without a heartbeat for this long is abandoned. */
const abandonedMs = 60_000;

/** Runs `work` while no other setup of this checkout runs. Waits for a running one, and prints a line about it. */
export function withSetupLock(work, print) {
  return withLock(inProject('build', 'setup.lock'), 'setup of this checkout', work, print);
}

/** Runs `work` while no other process holds the lock file. Waits for one that does, and prints a line about it. */
export async function withLock(path, what, work, print) {
  await acquire(path, what, print);
  // Writing uses the clock of the file system, so the clocks of two machines need not agree.
  const release = () => ifHeld(path, () => rmSync(path, { force: true }));
  process.once('exit', release);
  const heartbeat = setInterval(() => ifHeld(path, () => writeFileSync(path, owner, { flag: 'r+' })), heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    process.off('exit', release);
    release();
  }
}

async function acquire(path, what, print) {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw cannotWrite(error);
  }
  for (let hasPrinted = false; ;) {
    if (tryToCreate(path)) return;
    const text = contentOf(path);
    if (text === undefined) continue;
    if (isAbandoned(path, text)) {
      remove(path, text);
      continue;
    }
    const [pid, host] = text.split(' ');
    if (!hasPrinted) print(`Waiting for another ${what} (process ${pid} on ${host}).`);
    hasPrinted = true;
    await sleep(300);
  }
}

function tryToCreate(path) {
  try {
    writeFileSync(path, owner, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw cannotWrite(error);
    return false;
  }
}

function cannotWrite(error) {
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(error.code)) return error;
  return new SetupError(
    `The project's folder is not writable (${error.message}). Clone it to a writable folder, or free disk space.`,
  );
}

/** Whether the owner of the lock has stopped: its process on this machine ended, or it sent no heartbeat for long. */
function isAbandoned(path, text) {
  const [pid, host] = text.split(' ');
  if (host === hostname() && Number(pid) > 0) {
    try {
      process.kill(Number(pid), 0);
    } catch (error) {
      if (error.code === 'ESRCH') return true;
    }
  }
  const draft = draftOf(path);
  writeFileSync(draft, '');
  try {
    return statSync(draft).mtimeMs - statSync(path).mtimeMs > abandonedMs;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes an abandoned lock, unless another setup has replaced it since. */
function remove(path, text) {
  const draft = draftOf(path);
  try {
    renameSync(path, draft);
    if (contentOf(draft) !== text) linkSync(draft, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function ifHeld(path, work) {
  try {
    if (contentOf(path) === owner) work();
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

const draftOf = (path) => `${path}.${process.pid}`;

function contentOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
}
