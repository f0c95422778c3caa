import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors';
import { errorCode, fileError } from '../../io/fileError';
import { processNamespace } from '../../io/processNamespace';

const holder = z.object({
  host: z.string(),
  pid: z.number(),
  /** Where the number of the process counts. */
  space: z.string().default(''),
  /** When the process was started, in the kernel's ticks: another process may get its number. */
  born: z.string(),
  since: z.string(),
});
type Holder = z.infer<typeof holder>;

/** A job that another process is at. */
export class Busy extends UserError {}

/** A holder on another machine or in another container shows that it lives twice a minute; after ten minutes without a sign it is taken for dead. */
const [beatMs, deadMs] = [30_000, 600_000];

/**
 * Takes a folder for this process; the answer gives it back. A lock whose process is gone is taken over.
 * Throws Busy where another process is at it.
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
    born: born(process.pid),
    since: new Date().toISOString(),
  } satisfies Holder);
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, mine);
    // Two processes may meet a dead one's lock: one of them clears it away, and each then tries again.
    for (let attempt = 0; ; attempt++) {
      const taken = await link(draft, file).then(
        () => true,
        (error: unknown) => {
          if (errorCode(error) !== 'EEXIST') throw error;
          return false;
        },
      );
      if (taken) break;
      await clearIfDead(file, draft, attempt < 3);
    }
  } catch (error) {
    throw fileError(error, 'write', file);
  } finally {
    await rm(draft, { force: true });
  }
  const held = async (): Promise<boolean> => (await readFile(file, 'utf8').catch(() => '')) === mine;
  // Written rather than touched: the time is then the file system's.
  const beat = setInterval(
    () =>
      void held()
        .then((still) => (still ? writeFile(file, mine, { flag: 'r+' }) : undefined))
        .catch(() => undefined),
    beatMs,
  ).unref();
  return async () => {
    clearInterval(beat);
    if (await held()) await rm(file, { force: true });
  };
}

/** Who is at a folder now, in words; undefined where nobody is. */
export async function lockedBy(folder: string): Promise<string | undefined> {
  const file = path.join(folder, 'lock');
  const found = parse(await readFile(file, 'utf8').catch(() => ''));
  if (!found || (found.space === processNamespace() ? !lives(found) : await silent(file))) return undefined;
  return `process ${found.pid} on ${found.host}`;
}

async function clearIfDead(file: string, draft: string, again: boolean): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined && again) return;
  const found = parse(text ?? '');
  const dead = found === undefined || (found.space === processNamespace() ? !lives(found) : await silent(file));
  if (!dead)
    throw new Busy(
      `Process ${found.pid} on ${found.host} has been at ${path.dirname(file)} since ${found.since}: this one leaves it alone. If that process is gone, remove ${file}.`,
    );
  const aside = `${draft}.dead`;
  await rename(file, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => undefined);
  // Another process was faster, and this is its lock: back with it.
  if (moved !== undefined && moved !== text) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

/** Whether a lock's holder has shown no life for ten minutes. Both times are the file system's, so that two machines' clocks need not agree. */
async function silent(file: string): Promise<boolean> {
  const probe = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(probe, '');
    return (await stat(probe)).mtimeMs - (await stat(file)).mtimeMs > deadMs;
  } catch {
    return false;
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}

function lives({ pid, born: since }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false;
  }
  return born(pid) === since;
}

/** Field 22 of Linux's /proc/PID/stat, counted after the name, which may hold spaces; empty on other systems. */
function born(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // A killed process whose parent has not looked yet is dead.
    return fields[0] === 'Z' ? 'dead' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

function parse(text: string): Holder | undefined {
  try {
    return holder.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
