import { unknownName } from '../../lib/errors';
import type { Target } from './target';

/** All targets by name. Each is imported only in the process that tests it. */
const targets: Readonly<Record<string, () => Promise<{ readonly target: Target }>>> = {
  safetensors: () => import('./targets/safetensors'),
  records: () => import('./targets/records'),
  archive: () => import('./targets/archive'),
  tar: () => import('./targets/tar'),
  images: () => import('./targets/images'),
  shards: () => import('./targets/shards'),
  recipes: () => import('./targets/recipes'),
  plans: () => import('./targets/plans'),
  'json-lines': () => import('./targets/jsonLines'),
  parameters: () => import('./targets/parameters'),
  bad: () => import('./targets/bad'),
};

/** The targets of the command. `bad` is a faulty reader that tests the fuzzer itself. */
export const targetNames: readonly string[] = Object.keys(targets).filter((name) => name !== 'bad');

export async function loadTarget(name: string): Promise<Target> {
  const load = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (!load) throw unknownName('target', name, targetNames);
  return (await load()).target;
}
