import { createRequire } from 'node:module';
import { inProject } from '../setup/project.mjs';

const require = createRequire(import.meta.url);
const typescript = require.resolve('@tslab/typescript-for-tslab', { paths: [inProject('node_modules', 'tslab')] });

/** Replaces functions of tslab's compiler. `replacements` gets the present ones. Call it before tslab is loaded. */
export function replaceInTypeScript(replacements) {
  const ts = require(typescript);
  require.cache[typescript].exports = { ...ts, ...replacements(ts) };
}
