import type { Normalisation } from '../../data/datasets/normalisation';
import { UserError } from '../../errors';
import { openSafetensors, writeSafetensors, type FileTensor } from '../../io/safetensors/safetensors';
import { assignStored, torchShape, toStored } from './layout';
import type { Model } from '../model';
import { parameters, type NamedParameter } from '../parameter';
import { savedNormalisation } from './savedNormalisation';

export interface LoadOptions {
  /** Takes a file whose classifier is for other classes, or has none; the network's own classifier stays as it is. */
  readonly allowHeadMismatch?: boolean;
}

export interface Loaded {
  readonly metadata: ReadonlyMap<string, string>;
  /** False where the network kept its own classifier. */
  readonly headLoaded: boolean;
  /** How images are normalised for them, where they say so: those of the hub, and files that runs here have written since they note it. */
  readonly normalisation?: Normalisation;
}

/** Writes every parameter and buffer under timm's names in PyTorch's layout; timm and Python's `safetensors` read the file. */
export async function saveWeights(
  model: Model,
  file: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const tensors = new Map(parameters(model).map(([name, parameter]) => [name, toStored(parameter)]));
  await writeSafetensors(file, tensors, { metadata: { format: 'pt', model: model.name, ...metadata } });
}

/**
 * Gives a network the weights of a safetensors file with timm's names, one tensor at a time. Throws a UserError that lists every
 * missing, unexpected and mis-shaped entry, before any of them is read, and one that names a weight that is not finite.
 */
export function loadWeightsFile(model: Model, file: string, { allowHeadMismatch = false }: LoadOptions = {}): Loaded {
  const { metadata, tensors, close } = openSafetensors(file, { skip: isDerived });
  try {
    const normalised = savedNormalisation(metadata, file);
    const stored = model.adaptWeights?.(tensors) ?? tensors;
    const isHead = (name: string): boolean => name.startsWith(`${model.headName}.`);
    const named = parameters(model);
    const headFits =
      faults(
        named.filter(([name]) => isHead(name)),
        stored,
      ).length === 0;
    const keepHead = allowHeadMismatch && !headFits;
    const wanted = named.filter(([name]) => !(keepHead && isHead(name)));
    const known = new Set(named.map(([name]) => name));
    const unexpected = [...stored.keys()].filter((name) => !known.has(name) && !(keepHead && isHead(name)));
    const wrong = [...faults(wanted, stored), ...unexpected.map((name) => `${name} is unexpected`)];
    if (wrong.length > 0) throw misfit(model, file, wrong, !headFits && !allowHeadMismatch);
    for (const [name] of wanted) {
      if (!stored.get(name)!.read().every(Number.isFinite))
        throw new UserError(
          `The weights of ${file} cannot be used: ${name} has values that are not finite (NaN or infinity). Nothing was loaded.`,
        );
    }
    for (const [name, parameter] of wanted) assignStored(parameter, stored.get(name)!.read());
    return { metadata, headLoaded: !keepHead, ...normalised };
  } finally {
    close();
  }
}

/** Counters and index tables that PyTorch's state dicts carry and that networks here compute. */
function isDerived(name: string): boolean {
  return /(^|\.)(num_batches_tracked|relative_position_index|attn_mask)$/.test(name);
}

function faults(named: readonly NamedParameter[], stored: ReadonlyMap<string, FileTensor>): string[] {
  return named.flatMap(([name, parameter]) => {
    const shape = stored.get(name)?.shape;
    if (shape === undefined) return [`${name} is missing`];
    const expected = torchShape(parameter);
    return shape.join() === expected.join()
      ? []
      : [`${name} is [${shape.join(', ')}] instead of [${expected.join(', ')}]`];
  });
}

/** The accuracy on the test images that a file says its weights have, per cent; nothing where it does not. */
export function savedTop1(metadata: ReadonlyMap<string, string>): { readonly top1?: number } {
  const top1 = Number(metadata.get('top1') ?? NaN);
  return Number.isFinite(top1) ? { top1 } : {};
}

function misfit(model: Model, file: string, wrong: readonly string[], head: boolean): UserError {
  const most = 20;
  const rest = wrong.length > most ? [`and ${wrong.length - most} more`] : [];
  const hint = head ? " To keep the network's own classifier and load the rest, set allowHeadMismatch." : '';
  return new UserError(
    `The weights of ${file} do not fit ${model.name} with ${model.classes} classes at ${model.imageSize} px: ` +
      `${[...wrong.slice(0, most), ...rest].join('; ')}. Nothing was loaded.${hint}`,
  );
}
