import { existsSync } from 'node:fs';
import path from 'node:path';

/** The last checkpoint of a run, and the one before it. */
export const [current, previous] = ['checkpoint.safetensors', 'checkpoint.previous.safetensors'] as const;

/** Whether a run has something to go on from. */
export function hasCheckpoint(folder: string): boolean {
  return [current, previous].some((name) => existsSync(path.join(folder, name)));
}
