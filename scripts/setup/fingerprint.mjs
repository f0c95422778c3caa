import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

/** Returns a short hash of texts, with which a step detects that its inputs have changed. */
export function fingerprint(...texts) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest('hex').slice(0, 16);
}

/** Returns the hash of the contents of files. */
export const ofFiles = (paths) => fingerprint(...paths.map((path) => readFileSync(path, 'latin1')));

/** Returns a hash of a large file without reading it: of its path, size and modification time. */
export function ofLargeFile(path) {
  const { size, mtimeMs } = statSync(path);
  return fingerprint(path, `${size}`, `${mtimeMs}`);
}
