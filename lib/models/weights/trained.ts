import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Normalisation } from '../../data/datasets/normalisation';
import type { Random } from '../../tensor/random';
import type { Model } from '../model';
import { disposeModule } from '../parameter';
import { loadWeights } from './pretrained';
import { savedTop1 } from './weights';
import { createModel, type ModelOptions } from '../zoo';

/** A network with trained weights, or with fresh ones and the fact that it is so. */
export interface MaybeTrained {
  readonly model: Model;
  readonly trained: boolean;
  /** Where the weights came from: a file, a repository, or `fresh`. */
  readonly weights: string;
  /** Accuracy on the test images that the weights were saved with, per cent. */
  readonly top1?: number;
  /** How images are normalised for the weights, where these say so. */
  readonly normalisation?: Normalisation;
  /** For headings: `vit_96`, `vit_64-by-ofa` after a file of another name, or `vit_96 (untrained)`. */
  readonly title: string;
}

/**
 * The network of that name with the weights of a file or of a repository of the Hugging Face hub; unless one is named, with those of
 * `data/weights/NAME.safetensors`, or fresh where there is no such file or `fresh` is asked for. A classifier for other classes stays fresh. The caller frees it.
 */
export async function trainedModel(
  name: string,
  options: ModelOptions,
  random: Random,
  source?: string,
): Promise<MaybeTrained> {
  const weights = source ?? path.join('data', 'weights', `${name}.safetensors`);
  const model = createModel(name, options, random);
  if (source === 'fresh' || (source === undefined && !existsSync(weights)))
    return { model, trained: false, weights: 'fresh', title: `${name} (untrained)` };
  try {
    const { metadata, normalisation } = await loadWeights(model, weights, { allowHeadMismatch: true });
    const title = weights.endsWith('.safetensors') ? path.basename(weights, '.safetensors') : name;
    return { model, trained: true, weights, title, ...savedTop1(metadata), ...(normalisation && { normalisation }) };
  } catch (error) {
    disposeModule(model);
    throw error;
  }
}
