import { createHash } from 'node:crypto';
import { UserError } from '../../errors';
import { modelNames } from '../zoo';
import type { Network, OwnNetworks } from './network';

/**
 * The set of networks that a notebook defines. Throws a UserError if a name is not valid, is used twice, or is that of
 * a network of this library.
 */
export function ownNetworks(networks: readonly Network[]): OwnNetworks {
  checkNames(networks);
  const code = networks.map(({ name, code }) => [name, code]);
  return { networks, sha256: createHash('sha256').update(JSON.stringify(code)).digest('hex') };
}

/** Throws a UserError if a name is not valid, is used twice, or is that of a network of this library. */
export function checkNames(networks: readonly Network[]): void {
  const known = new Set(modelNames());
  for (const [i, { name }] of networks.entries()) {
    if (!/^[A-Za-z][\w.-]*$/.test(name)) {
      throw new UserError(
        `"${name}" cannot name a network: files and commands use the name. ` +
          'Use a letter, followed by letters, digits, "_", "-" and ".".',
      );
    }
    if (known.has(name))
      throw new UserError(`Network ${name} has the name of a network of this library. Rename yours.`);
    if (networks.findIndex((other) => other.name === name) < i)
      throw new UserError(`Two of your networks have the name ${name}. Rename one of them.`);
  }
}
