import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../../io/json';
import { sha256 } from '../../io/sha256';

const fileEntry = z.object({ bytes: z.number(), sha256: z.string() });
const manifest = z.object({ id: z.string(), files: z.record(fileEntry) });

/** Writes `manifest.json`: the size and SHA-256 of every file of a finished run. It is the last file of a run. */
export async function writeManifest(runFolder: string): Promise<void> {
  const files: Record<string, z.infer<typeof fileEntry>> = {};
  for (const name of (await readdir(runFolder)).filter(isFinal).sort()) {
    const file = path.join(runFolder, name);
    files[name] = { bytes: (await stat(file)).size, sha256: await sha256(file) };
  }
  await writeJson(manifestFile(runFolder), { id: path.basename(runFolder), files });
}

/** Whether a run has finished up to its last file. */
export function hasManifest(runFolder: string): boolean {
  return existsSync(manifestFile(runFolder));
}

/** The names of files that are missing, or whose content is not that of the manifest. */
export async function damagedFiles(runFolder: string): Promise<string[]> {
  const { files } = await readJson(manifestFile(runFolder), (value) => manifest.parse(value));
  const damaged: string[] = [];
  for (const [name, expected] of Object.entries(files)) {
    const file = path.join(runFolder, name);
    if (!existsSync(file) || (await sha256(file)) !== expected.sha256) damaged.push(name);
  }
  return damaged;
}

/** Whether a file no longer changes once the run has finished. The lock and the log do. */
function isFinal(name: string): boolean {
  return /\.(jsonl?|safetensors)$/.test(name) && !/^(manifest|failure)\.json$|^checkpoint\./.test(name);
}

function manifestFile(runFolder: string): string {
  return path.join(runFolder, 'manifest.json');
}
