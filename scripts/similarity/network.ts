import type { ImageFormat } from '../../lib/runs/studies/sampleBatches';
import { sha256 } from '../../lib/io/sha256';
import { chooseLayers } from '../../lib/models/chooseLayers';
import type { Model } from '../../lib/models/model';
import type { OwnNetworks } from '../../lib/models/own/network';
import { observedLayers } from '../../lib/models/observedLayers';
import { trainedModel, type MaybeTrained } from '../../lib/models/weights/trained';
import type { MeasuredNetwork } from '../../lib/runs/studies/calibratedSimilarity';
import { Random } from '../../lib/tensor/random';

/** A network of a command line: `resnet18`, `vit_64:fresh`, `resnet18:timm/resnet18.a1_in1k` or `vit_64:FILE`. */
export interface NetworkSpec {
  readonly name: string;
  /** A file, a repository of the hub or `fresh`. Default: data/weights/NAME.safetensors if it exists. */
  readonly weights?: string;
}

export function networkSpec(text: string): NetworkSpec {
  const [name = '', ...weights] = text.split(':');
  return weights.length === 0 ? { name } : { name, weights: weights.join(':') };
}

/** A network with its weights, before its layers are chosen. The caller disposes its model. */
export interface LoadedNetwork extends MaybeTrained {
  readonly sha256?: string;
  readonly code?: string;
}

export interface LoadOptions {
  readonly classes: number;
  readonly imageSize?: number;
  readonly seed: number;
  /** Networks of the user's own. */
  readonly networks?: OwnNetworks;
}

/** Loads a network at its own image size, or at `imageSize`. Random weights depend on the seed. */
export async function loadNetwork(
  { name, weights }: NetworkSpec,
  { classes, imageSize, seed, networks }: LoadOptions,
): Promise<LoadedNetwork> {
  const options = { classes, networks, ...(imageSize !== undefined && { imageSize }) };
  const network = await trainedModel(name, options, new Random(seed).fork(name), weights);
  const isOwn = networks?.networks.some((own) => own.name === name);
  return {
    ...network,
    ...(isOwn && { code: networks?.sha256 }),
    ...(network.file !== undefined && { sha256: await sha256(network.file) }),
  };
}

/** The chosen layers of a loaded network, with what its records state about it. */
export function measuredNetwork(network: LoadedNetwork, layers: readonly string[]): MeasuredNetwork {
  const { model, normalisation, top1, weights, sha256: hash, code } = network;
  const format: ImageFormat = { imageSize: model.imageSize, ...(normalisation && { normalisation }) };
  return {
    ...format,
    ...(code !== undefined && { code }),
    model: observedLayers(model, layers),
    record: {
      network: network.title,
      family: model.family,
      ...(top1 !== undefined && { top1 }),
      ...(hash !== undefined && { weights: { path: weights, sha256: hash } }),
    },
  };
}

/** The layers of each network that match the patterns; without patterns, its blocks. */
export function chosenLayers(models: readonly Model[], patterns: readonly string[] | undefined): (readonly string[])[] {
  return patterns === undefined ? models.map(({ blockNames }) => blockNames) : chooseLayers(models, patterns);
}
