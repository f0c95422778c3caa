import { readdir, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { errorCode } from '../fileError';
import { processNamespace } from '../processNamespace';

/** The unfinished file of a download. Its name carries the process that writes it, and where, so that two downloads never share one, on one disk of many machines either. */
export class PartFile {
  private constructor(
    readonly path: string,
    private readonly target: string,
  ) {}

  /** Takes over what an earlier, ended download of `target` has left, or begins anew. The folder must exist. */
  static async claim(target: string): Promise<PartFile> {
    const folder = path.dirname(target);
    const base = `${path.basename(target)}.part`;
    const own = `${target}.part.${process.pid}.${randomBytes(4).toString('hex')}.${processNamespace()}`;
    for (const name of await readdir(folder)) {
      if (name !== base && !(name.startsWith(`${base}.`) && isAbandoned(name.slice(base.length + 1)))) continue;
      if (await renamed(path.join(folder, name), own)) break;
    }
    return new PartFile(own, target);
  }

  /** Leaves what there is for a later download to take over. */
  async release(): Promise<void> {
    await renamed(this.path, `${this.target}.part`);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }

  /** Puts the finished file in its place. */
  async finish(): Promise<void> {
    await rename(this.path, this.target);
  }
}

function isAbandoned(owner: string): boolean {
  const [pid, , ...space] = owner.split('.');
  if (!(Number(pid) > 0) || space.join('.') !== processNamespace()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return errorCode(error) === 'ESRCH';
  }
}

/** False where another download was faster to take the file. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
