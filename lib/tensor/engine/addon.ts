import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

// TensorFlow reads this when it is loaded, which is always done from here. By default it uses Intel's library (oneDNN)
// on the newest processors only; on older ones, too, its convolutions are up to twice as fast.
process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';

/**
 * The exports of an addon in `build/`, or undefined if the setup did not build it or it cannot be loaded; then prints a
 * warning that begins with `consequence`.
 */
export function loadAddon(name: string, consequence: string): unknown {
  silenceTensorFlow();
  const addon = addonPath(name);
  if (!existsSync(addon)) return undefined;
  const missing = missingInstructionSets(name);
  if (missing.length === 0) return load(addon, consequence);
  console.warn(
    `Warning: ${consequence}. They were compiled for a processor with ${missing.join(', ')}, which this machine's ` +
      'lacks. Run `npm run setup` on this machine, or use OFA_MARCH=x86-64-v3 for builds that run on both.',
  );
  return undefined;
}

/** Loads a module; if that fails, prints a warning that begins with `consequence`, and returns undefined. */
export function load(module: string, consequence: string): unknown {
  try {
    return require(module);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    console.warn(`Warning: ${consequence}. (${reason}) Run \`npm run setup\` to build it again.`);
    return undefined;
  }
}

/** TensorFlow prints several lines when it is loaded, unless this addon is loaded first. */
function silenceTensorFlow(): void {
  const quiet = addonPath('quiet');
  if (existsSync(quiet)) load(quiet, "TensorFlow's messages at startup cannot be turned off; they can be ignored");
}

function addonPath(name: string): string {
  return path.join(process.cwd(), 'build', `${name}.node`);
}

/**
 * The instruction sets that an addon was compiled for, by the setup's record, and that this processor lacks. Without
 * this check, the first such instruction would end the process.
 */
function missingInstructionSets(name: string): string[] {
  const [record, processor] = [path.join(process.cwd(), 'build', 'setup.json'), '/proc/cpuinfo'];
  if (!existsSync(record) || !existsSync(processor)) return [];
  const steps = z.record(z.unknown()).parse(JSON.parse(readFileSync(record, 'utf8')));
  const { data } = z.object({ needs: z.array(z.string()) }).safeParse(steps[name]);
  const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync(processor, 'utf8'))?.[1]?.trim().split(/\s+/));
  return flags.size === 0 ? [] : (data?.needs ?? []).filter((flag) => !flags.has(flag));
}
