import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../errors';
import { sha256 } from '../../io/sha256';
import { describe } from './explained';
import type { Network, OwnNetworks } from './network';
import { checkNames } from './ownNetworks';

/**
 * Runs a TypeScript or JavaScript file, once in a process, and returns the networks that it exports. Throws a UserError
 * if the file does not exist, throws, exports no network, or if a name is taken.
 */
export async function readNetworks(file: string): Promise<OwnNetworks> {
  if (!existsSync(file)) throw new UserError(`The networks file ${file} does not exist. Check the path.`);
  const hash = await sha256(file);
  const networks = Object.values(await exportsOf(file)).filter(isNetwork);
  if (networks.length === 0) {
    throw new UserError(
      `${file} exports no network. Export each one: export const mine = defineNetwork({ … }), ` +
        'as docs/networks.md shows.',
    );
  }
  try {
    // A network that is the default export too appears twice.
    const distinct = [...new Set(networks)];
    checkNames(distinct);
    return { networks: distinct, file, sha256: hash };
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${file}: ${error.message}`);
    throw error;
  }
}

/** Everything that a file exports. Throws a UserError if it cannot be loaded. */
export async function exportsOf(file: string): Promise<object> {
  try {
    const exported: unknown = await import(pathToFileURL(path.resolve(file)).href);
    return typeof exported === 'object' && exported !== null ? exported : {};
  } catch (error) {
    const what = error instanceof UserError ? error.message.replace(/\.$/, '') : describe(error);
    throw new UserError(`The networks file ${file} cannot be loaded: ${what}. Correct it and try again.`, {
      cause: error,
    });
  }
}

function isNetwork(value: unknown): value is Network {
  if (typeof value !== 'object' || value === null || !('kind' in value && 'create' in value)) return false;
  return value.kind === 'network' && typeof value.create === 'function';
}
