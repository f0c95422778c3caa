import { readlinkSync } from 'node:fs';
import os from 'node:os';

/** Where a process number means one process: this machine, and of it this container (Linux's namespace of processes). */
export function processNamespace(): string {
  try {
    const [inode = ''] = /\d+/.exec(readlinkSync('/proc/self/ns/pid')) ?? [];
    return `${os.hostname()}-${inode}`;
  } catch {
    return os.hostname();
  }
}
