import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Random } from '../tensor/random';
import type { Model } from './model';
import type { ModelOptions } from './variant';
import { loadWeightsFile } from './weights';
import { createModel } from './zoo';

/** A network with the weights that this project trained, or with fresh ones and the fact that it is so. */
export interface MaybeTrained {
  readonly model: Model;
  readonly trained: boolean;
  /** Accuracy on the test images that the weights were saved with, per cent. */
  readonly top1?: number;
  /** For headings: `vit_96`, or `vit_96 (untrained)`. */
  readonly title: string;
}

/** The network of that name with the weights of `FOLDER/NAME.safetensors`, where there are such. The caller frees it. */
export function trainedModel(name: string, options: ModelOptions, random: Random, folder = path.join('data', 'weights')): MaybeTrained {
  const model = createModel(name, options, random);
  const file = path.join(folder, `${name}.safetensors`);
  if (!existsSync(file)) return { model, trained: false, title: `${name} (untrained)` };
  const top1 = Number(loadWeightsFile(model, file).metadata.get('top1') ?? NaN);
  return { model, trained: true, title: name, ...(Number.isFinite(top1) ? { top1 } : {}) };
}
