import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { openSafetensors } from '../../io/safetensors/safetensors';
import { sha256 } from '../../io/sha256';

/** Number of values in a weight file: trained parameters and buffers such as batch norm's running averages. */
export function countSavedValues(file: string): number {
  const { tensors, close } = openSafetensors(file);
  close();
  const sizes = [...tensors.values()].map(({ shape }) => shape.reduce((product, side) => product * side, 1));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Number of values in each weight file of a folder, by the file's SHA-256. Empty if the folder does not exist. */
export async function savedValuesIn(folder: string): Promise<ReadonlyMap<string, number>> {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const counts = new Map<string, number>();
  for (const name of names.filter((one) => one.endsWith('.safetensors'))) {
    const file = path.join(folder, name);
    counts.set(await sha256(file), countSavedValues(file));
  }
  return counts;
}
