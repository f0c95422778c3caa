import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { openSafetensors } from '../io/safetensors';
import { sha256 } from '../io/sha256';

/** How many numbers each file of weights in a folder holds, by the file's SHA-256, as records name what they saved. */
export async function savedNumbers(folder: string): Promise<ReadonlyMap<string, number>> {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.safetensors')).sort().map((name) => path.join(folder, name)) : [];
  const counts = new Map<string, number>();
  for (const file of files) {
    const { tensors, close } = openSafetensors(file);
    close();
    counts.set(await sha256(file), [...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0));
  }
  return counts;
}
