import { UserError } from '../../errors';
import type { Normalisation } from '../../data/datasets/normalisation';
import { openSafetensors, writeSafetensors, type FileTensor } from '../../io/safetensors/safetensors';
import type { Model } from '../model';
import { parameters, type NamedParameter } from '../parameter';
import { assignStored, torchShape, toStored } from './layout';
import { savedNormalisation } from './savedNormalisation';

export interface LoadOptions {
  /**
   * Accepts a file whose classifier has another number of classes, or that has none. The network then keeps its own
   * classifier. Default: false.
   */
  readonly allowHeadMismatch?: boolean;
}

export interface Loaded {
  readonly metadata: ReadonlyMap<string, string>;
  /** False if the network kept its own classifier. */
  readonly headLoaded: boolean;
  /** Normalisation of the images that the weights were trained with, if the file or its repository states it. */
  readonly normalisation?: Normalisation;
}

type StoredTensors = ReadonlyMap<string, FileTensor>;

/**
 * Writes every parameter and buffer of a network to a safetensors file, with timm's names and PyTorch's layout. timm
 * and Python's `safetensors` can read the file.
 */
export async function saveWeights(
  model: Model,
  file: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const tensors = new Map(parameters(model).map(([name, parameter]) => [name, toStored(parameter)]));
  await writeSafetensors(file, tensors, { metadata: { format: 'pt', model: model.name, ...metadata } });
}

/**
 * Loads a safetensors file with timm's names into a network, one tensor at a time. Throws a UserError, and leaves the
 * network unchanged, if tensors are missing, unexpected or of another shape (the message lists them), or if a weight is
 * NaN or infinite.
 */
export function loadWeightsFile(model: Model, file: string, { allowHeadMismatch = false }: LoadOptions = {}): Loaded {
  const { metadata, tensors, close } = openSafetensors(file, { skip: isDerived });
  try {
    const normalisation = savedNormalisation(metadata, file);
    const stored = model.adaptWeights?.(tensors) ?? tensors;
    const headFits = shapeErrors(headParameters(model), stored).length === 0;
    const keepHead = allowHeadMismatch && !headFits;
    const toLoad = parameters(model).filter(([name]) => !(keepHead && isHead(model, name)));
    checkFit(model, file, stored, toLoad, { keepHead, suggestKeepingHead: !headFits && !allowHeadMismatch });
    checkFinite(file, stored, toLoad);
    for (const [name, parameter] of toLoad) assignStored(parameter, stored.get(name)!.read());
    return { metadata, headLoaded: !keepHead, ...normalisation };
  } finally {
    close();
  }
}

/** Returns the test accuracy in percent that a weights file's metadata states, or {} if it states none. */
export function savedTop1(metadata: ReadonlyMap<string, string>): { readonly top1?: number } {
  const top1 = Number(metadata.get('top1') ?? NaN);
  return Number.isFinite(top1) ? { top1 } : {};
}

/** Counters and index tables of PyTorch's state dicts that networks here compute themselves. */
function isDerived(name: string): boolean {
  return /(^|\.)(num_batches_tracked|relative_position_index|attn_mask)$/.test(name);
}

function isHead(model: Model, name: string): boolean {
  return name.startsWith(`${model.headName}.`);
}

function headParameters(model: Model): NamedParameter[] {
  return parameters(model).filter(([name]) => isHead(model, name));
}

interface HeadChoice {
  readonly keepHead: boolean;
  readonly suggestKeepingHead: boolean;
}

/** Throws a UserError if the stored tensors are not exactly those of the network. */
function checkFit(
  model: Model,
  file: string,
  stored: StoredTensors,
  toLoad: readonly NamedParameter[],
  { keepHead, suggestKeepingHead }: HeadChoice,
): void {
  const names = new Set(parameters(model).map(([name]) => name));
  const unexpected = [...stored.keys()].filter((name) => !names.has(name) && !(keepHead && isHead(model, name)));
  const errors = [...shapeErrors(toLoad, stored), ...unexpected.map((name) => `${name} is unexpected`)];
  if (errors.length === 0) return;

  const limit = 20;
  const rest = errors.length > limit ? [`and ${errors.length - limit} more`] : [];
  const hint = suggestKeepingHead
    ? " To keep the network's own classifier and load the rest, set allowHeadMismatch."
    : '';
  throw new UserError(
    `The weights of ${file} do not fit ${model.name} with ${model.classes} classes at ${model.imageSize} px: ` +
      `${[...errors.slice(0, limit), ...rest].join('; ')}. Nothing was loaded.${hint}`,
  );
}

/** Describes the parameters that are not stored, or stored with another shape. */
function shapeErrors(named: readonly NamedParameter[], stored: StoredTensors): string[] {
  return named.flatMap(([name, parameter]) => {
    const shape = stored.get(name)?.shape;
    if (shape === undefined) return [`${name} is missing`];
    const expected = torchShape(parameter);
    return shape.join() === expected.join()
      ? []
      : [`${name} is [${shape.join(', ')}] instead of [${expected.join(', ')}]`];
  });
}

/** Throws a UserError if a stored weight is NaN or infinite. */
function checkFinite(file: string, stored: StoredTensors, toLoad: readonly NamedParameter[]): void {
  for (const [name] of toLoad) {
    if (!stored.get(name)!.read().every(Number.isFinite))
      throw new UserError(
        `The weights of ${file} cannot be used: ${name} contains NaN or infinite values. Nothing was loaded.`,
      );
  }
}
