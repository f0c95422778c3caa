import { readlinkSync } from 'node:fs';
import os from 'node:os';

/**
 * A name for the set of processes among which a process id is unique: this machine and, on Linux, the container (its
 * PID namespace).
 */
export function processNamespace(): string {
  try {
    const [inode = ''] = /\d+/.exec(readlinkSync('/proc/self/ns/pid')) ?? [];
    return `${os.hostname()}-${inode}`;
  } catch {
    return os.hostname();
  }
}
