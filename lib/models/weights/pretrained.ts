import { z } from 'zod';
import type { Preprocessing } from '../../data/transforms/preprocessing';
import { UserError } from '../../errors';
import { downloadHubFile, type HubOptions } from '../../io/download/huggingFace';
import { readJson } from '../../io/json';
import type { Model } from '../model';
import { normalisationParts } from './savedNormalisation';
import { loadWeightsFile, type Loaded, type LoadOptions } from './weights';

/** timm's `config.json`, as far as it says how images are prepared. */
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
  /** Where the weights lie on this machine. */
  readonly file: string;
  /** How the hub says that images are prepared for them, at the size that the network takes; absent for a file. */
  readonly images?: Preprocessing;
}

/**
 * Gives a network the weights of a safetensors file, or of a timm repository on the Hugging Face hub
 * (`timm/resnet18.a1_in1k`, or with a branch, tag or commit `timm/resnet18.a1_in1k@main`), which is downloaded once.
 * Throws a UserError where they cannot be had or do not fit; then the network is as it was.
 */
export async function loadWeights(
  model: Model,
  source: string,
  options: LoadOptions & HubOptions = {},
): Promise<Pretrained> {
  if (source.endsWith('.safetensors')) return { ...loadWeightsFile(model, source, options), file: source };
  if (/\.(pth|pt|bin|pkl|tar)$/.test(source)) {
    throw new UserError(
      `${source} is a pickle, which can run code when it is opened: it is not read here. docs/weights.md shows how to convert it to safetensors.`,
    );
  }
  const [, repository, revision] = /^([\w.-]+\/[\w.-]+?)(?:@([\w.-]+))?$/.exec(source) ?? [];
  if (repository === undefined) {
    throw new UserError(
      `"${source}" is neither a .safetensors file nor a repository of the Hugging Face hub (owner/name or owner/name@revision).`,
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
    throw new UserError(`${repository} holds weights of ${architecture}, and the network is ${model.name}.`);
  const { crop_pct: cropShare, interpolation, mean, std } = config;
  return { imageSize: model.imageSize, cropShare, interpolation, mean, std };
}
