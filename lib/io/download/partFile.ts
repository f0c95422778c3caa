import { randomBytes } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../fileError';
import { processNamespace } from '../processNamespace';

/**
 * The unfinished file of a download. Its name contains the process and the machine that write it, so that two downloads
 * never write to one file, even on a disk that several machines share.
 */
export class PartFile {
  private constructor(
    readonly path: string,
    private readonly target: string,
  ) {}

  /**
   * Takes over the part file of an earlier, ended download of `target`, or starts an empty one. The folder must exist.
   */
  static async claim(target: string): Promise<PartFile> {
    const folder = path.dirname(target);
    const base = `${path.basename(target)}.part`;
    const own = `${target}.part.${process.pid}.${randomBytes(4).toString('hex')}.${processNamespace()}`;
    for (const name of await readdir(folder)) {
      const isFree = name === base || (name.startsWith(`${base}.`) && isAbandoned(name.slice(base.length + 1)));
      if (isFree && (await tryRename(path.join(folder, name), own))) break;
    }
    return new PartFile(own, target);
  }

  /** Leaves the received bytes for a later download. */
  async release(): Promise<void> {
    await tryRename(this.path, `${this.target}.part`);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }

  /** Moves the finished file to `target`. */
  async finish(): Promise<void> {
    await rename(this.path, this.target);
  }
}

/** Whether the owner in a part file's name is a process of this machine that has ended. */
function isAbandoned(owner: string): boolean {
  const [pid, , ...namespace] = owner.split('.');
  if (!(Number(pid) > 0) || namespace.join('.') !== processNamespace()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return errorCode(error) === 'ESRCH';
  }
}

/** Renames a file. Returns false if it does not exist, for example because another download has taken it. */
async function tryRename(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
