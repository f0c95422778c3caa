import type { Preprocessing } from '../../../lib/data/transforms/preprocessing';

/** One exit of a network. */
export interface ManifestExit {
  /** Name of the model's output: `exit1`, … or `logits`. */
  readonly output: string;
  /** Multiply-adds of an image that stops here, with those of the branches before. */
  readonly multiplyAdds: number;
}

/** A network that the page can load. */
export interface ManifestNetwork {
  readonly name: string;
  /** Name of the file in the page's folder. */
  readonly file: string;
  /** Size of the file. */
  readonly bytes: number;
  readonly classes: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly blocks: readonly string[];
  /** From the first stage to the classifier; only the classifier for a network without exit branches. */
  readonly exits: readonly ManifestExit[];
  /** Test accuracy in per cent, if the weights state it. */
  readonly top1?: number;
}

/** The files of the page. `npm run site` writes it into the program. */
export interface Manifest {
  readonly runtime: { readonly file: string; readonly bytes: number };
  readonly networks: readonly ManifestNetwork[];
}
