import path from 'node:path';
import { UserError } from '../../errors';
import { inTemporaryFolder } from '../../io/temporaryFolder';
import * as tf from '../../tensor/engine/tf';
import { Random } from '../../tensor/random';
import { normal } from '../initialisers';
import type { Model, ModelSize } from '../model';
import { parameterCount, parameters } from '../parameter';
import { stageText } from '../summary';
import { loadWeightsFile, saveWeights } from '../weights/weights';
import type { Network } from './network';
import { outputErrors } from './outputErrors';
import { gradientErrors, headErrors, nameErrors, sameValues, seedErrors, stir } from './parameterErrors';
import { allVariables, variablesSince } from './variables';

/** What a check of a network found. */
export interface NetworkReport {
  readonly name: string;
  /** Everything that is wrong; empty for a network that can be trained, saved and compared. */
  readonly errors: readonly string[];
  /** Number of trained values; undefined, as the following, if the network cannot be created. */
  readonly parameters?: number;
  /** Shapes of the four stages: `32 × 32 × 24` or `64 tokens × 96`. */
  readonly stages?: readonly string[];
  /** Width of the penultimate feature. */
  readonly width?: number;
  readonly blocks?: readonly string[];
}

/**
 * Creates a network of your own and lists everything that training, checkpoints and comparisons expect and it lacks:
 * shapes, names, gradients, modes, independence of the batch, reproducibility, and weights files.
 */
export async function checkNetwork(network: Network, size: Partial<ModelSize> = {}): Promise<NetworkReport> {
  const { name } = network;
  const { classes = 10, imageSize = network.imageSize } = size;
  const before = allVariables();
  const create = (seed: number, classCount = classes): Model =>
    network.create({ classes: classCount, imageSize }, new Random(seed));
  try {
    const model = create(0);
    const outside = variablesSince(before).length - new Set(parameters(model).map(([, each]) => each)).size;
    const summary = {
      parameters: parameterCount(model),
      stages: model.stageShapes.map(stageText),
      width: model.width,
      blocks: model.blockNames,
    };
    const errors = [
      ...(outside > 0 ? [`modules: ${outside} weights are outside of them, and are neither trained nor saved`] : []),
      ...nameErrors(model),
      ...seedErrors(model, create(0)),
      ...headErrors(model, create(0, classes + 1)),
      ...repeatedBlocks(model),
      ...behaviourErrors(model),
      ...(await weightsErrors(model, create(1))),
    ];
    return { name, errors, ...summary };
  } catch (error) {
    if (error instanceof UserError) return { name, errors: [error.message] };
    throw error;
  } finally {
    tf.dispose(variablesSince(before));
  }
}

function repeatedBlocks({ blockNames }: Model): string[] {
  const repeated = new Set(blockNames.filter((block, i) => blockNames.indexOf(block) < i));
  return [...repeated].map((block) => `tap: two blocks have the name ${block}`);
}

/** Errors of outputs and gradients, with weights and images that are random. */
function behaviourErrors(model: Model): string[] {
  const random = new Random(0);
  stir(model, random.fork('weights'));
  const { imageSize } = model;
  const images = normal<tf.Rank.R4>([4, imageSize, imageSize, 3], 1, random.fork('images'));
  try {
    return [...outputErrors(model, images), ...gradientErrors(model, images, random.fork('target'))];
  } finally {
    images.dispose();
  }
}

/** Saves the weights and loads them into another network. */
async function weightsErrors(model: Model, other: Model): Promise<string[]> {
  try {
    return await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'weights.safetensors');
      await saveWeights(model, file);
      loadWeightsFile(other, file);
      const loaded = new Map(parameters(other));
      return parameters(model)
        .filter(([name, { value }]) => !sameValues(value, loaded.get(name)?.value))
        .map(([name]) => `${name}: saved and loaded, its values differ; check its layout`);
    });
  } catch (error) {
    if (error instanceof UserError) return [error.message];
    throw error;
  }
}
