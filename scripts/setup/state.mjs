import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { inProject } from './project.mjs';

const path = inProject('build', 'setup.json');

/** Returns what earlier setups finished, by step; empty on a fresh clone. */
export function readState() {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Writes atomically what has been set up. */
export function writeState(state) {
  mkdirSync(inProject('build'), { recursive: true });
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(partial, path);
}
