import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

// Whoever loads TensorFlow first does it from here. Its own choice is Intel's library on the newest processors only;
// that library's convolutions are up to twice as fast on older ones, too.
process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';

/** What an addon exports that set-up built, or undefined where there is none; TensorFlow is silenced before, which greets when loaded. */
export function loadAddon(name: string, otherwise: string): unknown {
  const [quiet, addon] = ['quiet', name].map((each) => path.join(process.cwd(), 'build', `${each}.node`)) as [
    string,
    string,
  ];
  if (existsSync(quiet)) load(quiet, 'TensorFlow greets with lines that can be ignored');
  if (!existsSync(addon)) return undefined;
  const missing = missingAbilities(name);
  if (missing.length === 0) return load(addon, otherwise);
  console.warn(
    `Warning: ${otherwise}. They were compiled on a machine whose processor has ${missing.join(', ')}, and this one has not: set up here, or with OFA_MARCH=x86-64-v3 for both.`,
  );
  return undefined;
}

/** What an addon needs of the processor, by set-up's record, and this machine's has not: its first instruction of that kind would end the process. */
function missingAbilities(name: string): string[] {
  const [record, processor] = [path.join(process.cwd(), 'build', 'setup.json'), '/proc/cpuinfo'];
  if (!existsSync(record) || !existsSync(processor)) return [];
  const steps = z.record(z.unknown()).parse(JSON.parse(readFileSync(record, 'utf8')));
  const { data } = z.object({ needs: z.array(z.string()) }).safeParse(steps[name]);
  const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync(processor, 'utf8'))?.[1]?.trim().split(/\s+/));
  return flags.size === 0 ? [] : (data?.needs ?? []).filter((ability) => !flags.has(ability));
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
