import { UserError } from '../../errors';
import type { Family } from '../../models/model';

const beginnings: readonly (readonly [RegExp, Family])[] = [
  [/^(resnet|mobilenet|convnext)/, 'cnn'],
  [/^(vit|deit|swin)/, 'transformer'],
  [/^(mixer|resmlp)/, 'mlp'],
];

/** The family of a network by the beginning of its name, without making it. Throws UserError on a name of none. */
export function familyOf(network: string): Family {
  const found = beginnings.find(([beginning]) => beginning.test(network));
  if (found) return found[1];
  throw new UserError(
    `The family of the network "${network}" is not known; names begin with resnet, mobilenet, convnext, vit, deit, swin, mixer or resmlp.`,
  );
}
