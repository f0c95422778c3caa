import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { openSafetensors } from '../../io/safetensors/safetensors';
import { sha256 } from '../../io/sha256';

/** How many numbers a file of weights holds: what is trained, and what is kept beside it, as batch norm's averages. */
export function numbersIn(file: string): number {
  const { tensors, close } = openSafetensors(file);
  close();
  return [...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
}

/** The same of each file in a folder, by the file's SHA-256, as records name what they saved. */
export async function savedNumbers(folder: string): Promise<ReadonlyMap<string, number>> {
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.safetensors'))
        .sort()
        .map((name) => path.join(folder, name))
    : [];
  const counts = new Map<string, number>();
  for (const file of files) counts.set(await sha256(file), numbersIn(file));
  return counts;
}
