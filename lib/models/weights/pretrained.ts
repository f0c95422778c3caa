import { z } from 'zod';
import { UserError } from '../../errors';
import { downloadHubFile, type HubOptions } from '../../io/download/huggingFace';
import { readJson } from '../../io/json';
import type { Preprocessing } from '../../data/transforms/preprocessing';
import type { Model } from '../model';
import { normalisationParts } from './savedNormalisation';
import { loadWeightsFile, type Loaded, type LoadOptions } from './weights';

/** The part of timm's `config.json` that describes how to preprocess images. */
const configSchema = z.object({
  architecture: z.string(),
  pretrained_cfg: z.object({
    interpolation: z.enum(['bicubic', 'bilinear']),
    crop_pct: z.number().positive().max(1),
    crop_mode: z.literal('center').optional(),
    ...normalisationParts,
  }),
});

export interface Pretrained extends Loaded {
  /** Path of the weights file. */
  readonly file: string;
  /** Preprocessing that the repository states, with the image size of the network; undefined for a file. */
  readonly images?: Preprocessing;
}

/**
 * Loads weights from a safetensors file, or from a timm repository on the Hugging Face hub, which is downloaded once:
 * `timm/resnet18.a1_in1k`, or `timm/resnet18.a1_in1k@main` with a branch, tag or commit. Throws a UserError, and leaves
 * the network unchanged, if the weights are not available or do not fit.
 */
export async function loadWeights(
  model: Model,
  source: string,
  options: LoadOptions & HubOptions = {},
): Promise<Pretrained> {
  if (source.endsWith('.safetensors')) return { ...loadWeightsFile(model, source, options), file: source };
  if (/\.(pth|pt|bin|pkl|tar)$/.test(source)) {
    throw new UserError(
      `${source} is a pickle, which is not read because opening one can run code. ` +
        'Convert it to safetensors, as docs/weights.md shows.',
    );
  }
  const [, repository, revision] = /^([\w.-]+\/[\w.-]+?)(?:@([\w.-]+))?$/.exec(source) ?? [];
  if (repository === undefined) {
    throw new UserError(
      `"${source}" is neither a .safetensors file nor a repository of the Hugging Face hub. ` +
        'Give the path of a file, or owner/name or owner/name@revision.',
    );
  }
  const images = await readConfig(
    await downloadHubFile({ repository, file: 'config.json', revision }, options),
    repository,
    model,
  );
  const file = await downloadHubFile({ repository, file: 'model.safetensors', revision }, options);
  return {
    ...loadWeightsFile(model, file, options),
    file,
    images,
    normalisation: { mean: images.mean, std: images.std },
  };
}

async function readConfig(file: string, repository: string, model: Model): Promise<Preprocessing> {
  const { architecture, pretrained_cfg: config } = await readJson(
    file,
    (value) => configSchema.parse(value),
    `config.json of ${repository}`,
    'Is it a timm repository?',
  );
  if (architecture !== model.name)
    throw new UserError(
      `${repository} holds weights of ${architecture}, and the network is ${model.name}. ` +
        `Choose a repository of ${model.name}.`,
    );
  const { crop_pct: cropShare, interpolation, mean, std } = config;
  return { imageSize: model.imageSize, cropShare, interpolation, mean, std };
}
