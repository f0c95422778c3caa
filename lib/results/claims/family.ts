import { UserError } from '../../errors';
import type { Family } from '../../models/model';

const prefixes: readonly (readonly [RegExp, Family])[] = [
  [/^(resnet|mobilenet|convnext)/, 'cnn'],
  [/^(vit|deit|swin)/, 'transformer'],
  [/^(mixer|resmlp)/, 'mlp'],
];

/** The architecture family of a network, from the prefix of its name. Throws a UserError if no family matches. */
export function familyOf(network: string): Family {
  const found = prefixes.find(([prefix]) => prefix.test(network));
  if (found) return found[1];
  throw new UserError(
    `Unknown architecture family of network "${network}". ` +
      'Names must start with resnet, mobilenet, convnext, vit, deit, swin, mixer or resmlp.',
  );
}
