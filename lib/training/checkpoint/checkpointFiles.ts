import { existsSync } from 'node:fs';
import path from 'node:path';

/** Names of the last checkpoint of a run and of the one before it. */
export const [current, previous] = ['checkpoint.safetensors', 'checkpoint.previous.safetensors'] as const;

/** Whether the folder of a run has a checkpoint to resume from. */
export function hasCheckpoint(folder: string): boolean {
  return [current, previous].some((name) => existsSync(path.join(folder, name)));
}
