import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../../io/json';
import { sha256 } from '../../io/sha256';

const manifest = z.object({ id: z.string(), files: z.record(z.object({ bytes: z.number(), sha256: z.string() })) });

/** Files of a finished run that stay as they are; the lock and the log go on changing. */
const kept = (name: string): boolean =>
  /\.(jsonl?|safetensors)$/.test(name) && !/^(manifest|failure)\.json$|^checkpoint\./.test(name);

/** Lists the files of a finished run with their SHA-256, as the last thing that is written there. */
export async function writeManifest(home: string): Promise<void> {
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const name of (await readdir(home)).filter(kept).sort()) {
    const file = path.join(home, name);
    files[name] = { bytes: (await stat(file)).size, sha256: await sha256(file) };
  }
  await writeJson(fileOf(home), { id: path.basename(home), files });
}

/** Whether a run was finished to its last file. */
export function hasManifest(home: string): boolean {
  return existsSync(fileOf(home));
}

/** Files that are gone or are not what the manifest says. */
export async function damagedFiles(home: string): Promise<string[]> {
  const { files } = await readJson(fileOf(home), (value) => manifest.parse(value));
  const damaged: string[] = [];
  for (const [name, wanted] of Object.entries(files)) {
    const file = path.join(home, name);
    if (!existsSync(file) || (await sha256(file)) !== wanted.sha256) damaged.push(name);
  }
  return damaged;
}

function fileOf(home: string): string {
  return path.join(home, 'manifest.json');
}
