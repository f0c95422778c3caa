import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors';
import { errorCode, fileError } from '../../io/fileError';
import { processNamespace } from '../../io/processNamespace';

/** The process that holds a lock, as the lock file stores it. */
const holderSchema = z.object({
  host: z.string(),
  pid: z.number(),
  /** The machine or container in which the process id is valid. */
  space: z.string().default(''),
  /** Start time of the process in clock ticks: a later process may get the same id. */
  born: z.string(),
  since: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/** Another process runs this job. */
export class RunLockedError extends UserError {}

/**
 * The holder rewrites its lock twice a minute. On another machine or in another container it counts as dead after ten
 * minutes without.
 */
const [heartbeatMs, timeoutMs] = [30_000, 600_000];

/**
 * Locks a folder for this process, and returns the function that releases it. Takes over the lock of a dead process.
 * Throws a RunLockedError if a living process holds the lock.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw fileError(error, 'write', folder);
  });
  const file = path.join(folder, 'lock');
  const mine = JSON.stringify({
    host: os.hostname(),
    pid: process.pid,
    space: processNamespace(),
    born: startTime(process.pid),
    since: new Date().toISOString(),
  } satisfies Holder);
  await createLock(file, mine);

  const isHeld = async (): Promise<boolean> => (await readFile(file, 'utf8').catch(() => '')) === mine;
  const beat = async (): Promise<void> => {
    // Writing, unlike utimes, sets the time by the clock of the file system.
    if (await isHeld()) await writeFile(file, mine, { flag: 'r+' });
  };
  const heartbeat = setInterval(() => void beat().catch(() => undefined), heartbeatMs).unref();
  return async () => {
    clearInterval(heartbeat);
    if (await isHeld()) await rm(file, { force: true });
  };
}

/** The process that holds the lock of a folder, for messages; undefined if it is free or its holder is dead. */
export async function lockHolder(folder: string): Promise<string | undefined> {
  const file = path.join(folder, 'lock');
  const holder = parseHolder(await readFile(file, 'utf8').catch(() => ''));
  return !holder || (await isDead(holder, file)) ? undefined : `process ${holder.pid} on ${holder.host}`;
}

async function createLock(file: string, mine: string): Promise<void> {
  const draft = uniqueName(file);
  try {
    await writeFile(draft, mine);
    // Two processes may find the lock of a dead one. One of them removes it, and then each tries again.
    for (let attempt = 0; !(await linkIfFree(draft, file)); attempt++) await removeDeadLock(file, draft, attempt < 3);
  } catch (error) {
    throw fileError(error, 'write', file);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Hard links are created atomically: of several processes, one succeeds. */
async function linkIfFree(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a dead process. Throws a RunLockedError if the process lives. */
async function removeDeadLock(file: string, draft: string, mayRetry: boolean): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined && mayRetry) return;
  const holder = parseHolder(text ?? '');
  if (holder && !(await isDead(holder, file))) {
    throw new RunLockedError(
      `Process ${holder.pid} on ${holder.host} has been running ${path.dirname(file)} since ${holder.since}. ` +
        `Wait until it ends. If the process no longer exists, delete ${file}.`,
    );
  }
  const aside = `${draft}.dead`;
  await rename(file, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => undefined);
  // Another process was faster and this is its lock: put it back.
  if (moved !== undefined && moved !== text) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function isDead(holder: Holder, file: string): Promise<boolean> {
  return holder.space === processNamespace() ? !isAlive(holder) : isSilent(file);
}

/**
 * Whether the holder has not written its lock for ten minutes. Compares two times of the file system, since clocks of
 * machines differ.
 */
async function isSilent(file: string): Promise<boolean> {
  const probe = uniqueName(file);
  try {
    await writeFile(probe, '');
    const age = (await stat(probe)).mtimeMs - (await stat(file)).mtimeMs;
    return age > timeoutMs;
  } catch {
    return false;
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

function isAlive({ pid, born }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false;
  }
  return startTime(pid) === born;
}

/** Field 22 of Linux's /proc/PID/stat; empty on other systems, `dead` for a zombie. */
function startTime(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Fields are counted after the name in parentheses, which may hold blanks.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'dead' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function uniqueName(file: string): string {
  return `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
}
