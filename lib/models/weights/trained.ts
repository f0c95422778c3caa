import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Normalisation } from '../../data/datasets/normalisation';
import type { Random } from '../../tensor/random';
import type { Model } from '../model';
import { disposeModule } from '../parameter';
import { createModel, type ModelOptions } from '../zoo';
import { loadWeights } from './pretrained';
import { savedTop1 } from './weights';

/** A network with trained weights, or with random ones if none were found. */
export interface MaybeTrained {
  readonly model: Model;
  readonly trained: boolean;
  /** Source of the weights: a file, a repository, or `fresh` for random weights. */
  readonly weights: string;
  /** The weights file, if they are trained. */
  readonly file?: string;
  /** Test accuracy in percent that was saved with the weights. */
  readonly top1?: number;
  /** Normalisation of the images that the weights were trained with, if it was saved with them. */
  readonly normalisation?: Normalisation;
  /** For headings: `vit_96`, the file's name such as `vit_64-by-ofa` or `vit_64 (student)`, or `vit_96 (untrained)`. */
  readonly title: string;
}

/**
 * Creates a network and loads weights from `source`: a safetensors file, a repository of the Hugging Face hub, or
 * `fresh` for random weights. By default it loads `data/weights/NAME.safetensors` if that file exists, and keeps random
 * weights otherwise. A classifier for other classes keeps random weights. The caller disposes the network. Throws a
 * UserError if the weights cannot be loaded.
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
    const { metadata, normalisation, file } = await loadWeights(model, weights, { allowHeadMismatch: true });
    const base = weights.endsWith('.safetensors') ? path.basename(weights, '.safetensors') : name;
    const title = base.includes(name) ? base : `${name} (${base})`;
    return {
      model,
      trained: true,
      weights,
      file,
      title,
      ...savedTop1(metadata),
      ...(normalisation && { normalisation }),
    };
  } catch (error) {
    disposeModule(model);
    throw error;
  }
}
