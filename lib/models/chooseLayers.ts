import picomatch from 'picomatch';
import { UserError, unknownName } from '../errors';
import type { Model } from './model';
import { layerNames } from './observedLayers';

/**
 * For each network, the layers whose names match any of the patterns, in the network's order. Patterns are globs in
 * which dots separate the parts of a name: `blocks.*` matches the blocks of a transformer, `blocks.*.attn` the
 * attention in each, `layer[34].*` the blocks of two stages, and `blocks.**` everything within the blocks. A pattern
 * may match in one network only, because networks name their layers differently. Throws a UserError for a pattern
 * without any match, with the nearest names, and for a network without a matching layer.
 */
export function chooseLayers(models: readonly Model[], patterns: readonly string[]): string[][] {
  const names = models.map(layerNames);
  const matchers = patterns.map((pattern) => {
    const matches = picomatch(pathOf(pattern));
    const all = [...new Set(names.flat())];
    if (!all.some((name) => matches(pathOf(name))))
      throw unknownName(`layer of ${models.map(({ name }) => name).join(' or ')}`, pattern, all);
    return matches;
  });
  return models.map(({ name, blockNames }, i) => {
    const chosen = names[i]!.filter((layer) => matchers.some((matches) => matches(pathOf(layer))));
    if (chosen.length > 0) return chosen;
    throw new UserError(
      `No layer of ${name} matches ${patterns.join(', ')}. Add a pattern for it, such as ${blockNames[0]!}.`,
    );
  });
}

const pathOf = (name: string): string => name.replace(/\./g, '/');
