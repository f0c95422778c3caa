import type { Model, ModelSize } from '../model';
import type { Random } from '../../tensor/random';

/** A network that is not in this library, as `defineNetwork` returns it. */
export interface Network {
  readonly kind: 'network';
  readonly name: string;
  /** Default height and width of the images in pixels. */
  readonly imageSize: number;
  /** Source text of `create`: networks with the same name and different code are different networks. */
  readonly code: string;
  /** Creates the network with random weights. Throws a UserError if its code throws or its outputs are not valid. */
  readonly create: (size: ModelSize, random: Random) => Model;
}

/** A set of networks of your own, to be passed to functions that create networks by name. */
export interface OwnNetworks {
  readonly networks: readonly Network[];
  /** The file that defines them; undefined for networks of a notebook. */
  readonly file?: string;
  /** SHA-256 of the file, or of the code of the networks: runs record it, because recipes contain names only. */
  readonly sha256: string;
}
