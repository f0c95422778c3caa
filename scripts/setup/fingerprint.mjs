import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

/** A short hash over texts, so that a step can tell whether anything it was made from has changed. */
export function fingerprint(...texts) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest('hex').slice(0, 16);
}

/** The hash over the contents of files. */
export const ofFiles = (paths) => fingerprint(...paths.map((path) => readFileSync(path, 'latin1')));

/** The hash of what a large file looks like from outside: its path, size and time of change. */
export function ofLargeFile(path) {
  const { size, mtimeMs } = statSync(path);
  return fingerprint(path, `${size}`, `${mtimeMs}`);
}
