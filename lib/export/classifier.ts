import { cifar100Classes } from '../data/datasets/cifar100/classNames';
import { cifar100Normalisation } from '../data/datasets/cifar100/normalisation';
import { imageNetPreprocessing, type Preprocessing } from '../data/transforms/preprocessing';
import { UserError } from '../errors';
import { openSafetensors } from '../io/safetensors/safetensors';
import type { Model } from '../models/model';
import type { OwnNetworks } from '../models/own/network';
import { disposeModule } from '../models/parameter';
import { savedInput, type SavedInput } from '../models/weights/savedInput';
import { loadWeightsFile } from '../models/weights/weights';
import { createModel } from '../models/zoo';
import { Random } from '../tensor/random';

/** A trained network with everything that is needed to use it elsewhere. */
export interface Classifier {
  readonly model: Model;
  /** Names of the classes, in the order of the logits. */
  readonly classes: readonly string[];
  readonly preprocessing: Preprocessing;
  /** What the weights file states about its training: recipe, top-1, epochs, commit. */
  readonly origin: Readonly<Record<string, string>>;
}

export interface ClassifierOptions {
  /** Name of the network. Default: the one that the file states. */
  readonly network?: string;
  /** Height and width of the images in pixels. Default: the size that the file states, or the network's own. */
  readonly imageSize?: number;
  /** Names of the classes. Default: those that the file states, or those of CIFAR-100 for 100 classes at 32 pixels. */
  readonly classes?: readonly string[];
  /** Networks of your own, among which the network is looked up, too. */
  readonly networks?: OwnNetworks | undefined;
}

/**
 * Creates the network of a weights file and loads the weights. The caller disposes the network. Throws a UserError if
 * the file does not state its network and none is given, if the weights do not fit, or if the number of class names is
 * wrong.
 */
export function openClassifier(file: string, options: ClassifierOptions = {}): Classifier {
  const stated = readStatement(file, options);
  const { network, input } = stated;
  const imageSize = options.imageSize ?? input?.imageSize;
  const { networks } = options;
  const model = createModel(network, { classes: stated.classCount(network), imageSize, networks }, new Random(0));
  try {
    const { metadata, normalisation } = loadWeightsFile(model, file);
    const isCifar = model.classes === cifar100Classes.length && model.imageSize === 32;
    const classes = options.classes ?? input?.classes ?? (isCifar ? cifar100Classes : numbered(model.classes));
    checkClasses(classes, model, file);
    const defaults = isCifar
      ? { ...imageNetPreprocessing, ...cifar100Normalisation, cropShare: 1 }
      : imageNetPreprocessing;
    const preprocessing: Preprocessing = {
      ...defaults,
      ...normalisation,
      ...(input && { cropShare: input.cropShare }),
      imageSize: model.imageSize,
    };
    const origin = Object.fromEntries(
      ['recipe', 'top1', 'epochs', 'commit'].flatMap((key) => {
        const value = metadata.get(key);
        return value === undefined ? [] : [[key, value]];
      }),
    );
    return { model, classes, preprocessing, origin };
  } catch (error) {
    disposeModule(model);
    throw error;
  }
}

/** What a weights file states before a network exists. */
interface Statement {
  readonly network: string;
  readonly input: SavedInput | undefined;
  /** The number of rows of the classifier. */
  classCount(network: string): number;
}

function readStatement(file: string, { network: given, networks }: ClassifierOptions): Statement {
  const { metadata, tensors, close } = openSafetensors(file);
  close();
  const network = given ?? metadata.get('model');
  if (network === undefined)
    throw new UserError(`${file} does not state which network it is for. Name it with --network.`);
  return {
    network,
    input: savedInput(metadata, file),
    classCount: (name) => {
      const { headName } = shapeOf(name, networks);
      const rows = tensors.get(`${headName}.weight`)?.shape[0];
      if (rows !== undefined) return rows;
      throw new UserError(`The weights of ${file} do not fit ${name}: ${headName}.weight is missing.`);
    },
  };
}

/** Creates a network for a moment to read the path of its classifier. */
function shapeOf(network: string, networks: OwnNetworks | undefined): { readonly headName: string } {
  const model = createModel(network, { classes: 1, networks }, new Random(0));
  disposeModule(model);
  return model;
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `class ${i}`);
}

function checkClasses(classes: readonly string[], { name, classes: count }: Model, file: string): void {
  if (classes.length === count) return;
  throw new UserError(
    `${classes.length} class names are given, and ${name} in ${file} has ${count} classes. Give one name per class.`,
  );
}
