import { existsSync } from 'node:fs';
import path from 'node:path';

// Whoever loads TensorFlow first does it from here. Its own choice is Intel's library on the newest processors only;
// that library's convolutions are up to twice as fast on older ones, too.
process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';

/** What an addon exports that set-up built, or undefined where there is none; TensorFlow is silenced before, which greets when loaded. */
export function loadAddon(name: string, otherwise: string): unknown {
  const [quiet, addon] = ['quiet', name].map((each) => path.join(process.cwd(), 'build', `${each}.node`)) as [string, string];
  if (existsSync(quiet)) load(quiet, 'TensorFlow greets with lines that can be ignored');
  return existsSync(addon) ? load(addon, otherwise) : undefined;
}

/** Loads a module; where that fails, says what it means and goes on with undefined. */
export function load(module: string, otherwise: string): unknown {
  try {
    return require(module);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    console.warn(`Warning: ${otherwise}. \`npm run setup\` may mend it. (${reason})`);
    return undefined;
  }
}
