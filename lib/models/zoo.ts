import { unknownName, UserError } from '../errors';
import { Random } from '../tensor/random';
import type { Model } from './model';
import { ConvNeXt, convNeXts } from './networks/convNeXt';
import { MlpMixer, mlpMixers } from './networks/mlpMixer';
import { MobileNetV2, mobileNetV2s } from './networks/mobileNetV2';
import { ResMlp, resMlps } from './networks/resMlp';
import { ResNet, resNets } from './networks/resnet';
import { SwinTransformer, swinTransformers } from './networks/swinTransformer';
import { VisionTransformer, visionTransformers } from './networks/visionTransformer';
import { parameters } from './parameter';

export interface ModelOptions {
  readonly classes: number;
  /** Height and width of the images in pixels. Default: the size in the network's table. */
  readonly imageSize?: number;
}

type ModelFactory = (options: ModelOptions, random: Random) => Model;

/** Every network by its name, which is timm's where timm has the network. */
const factories: ReadonlyMap<string, ModelFactory> = new Map<string, ModelFactory>([
  ...factoriesOf(resNets, ResNet),
  ...factoriesOf(mobileNetV2s, MobileNetV2),
  ...factoriesOf(convNeXts, ConvNeXt),
  ...factoriesOf(visionTransformers, VisionTransformer),
  ...factoriesOf(swinTransformers, SwinTransformer),
  ...factoriesOf(mlpMixers, MlpMixer),
  ...factoriesOf(resMlps, ResMlp),
]);

/** Returns the names of all networks. */
export function modelNames(): string[] {
  return [...factories.keys()];
}

/**
 * Creates a network with random weights. Throws a UserError if the name is unknown (the message lists the nearest
 * names), if classes or imageSize are not positive integers, or if the network cannot read images of this size.
 */
export function createModel(name: string, options: ModelOptions, random: Random): Model {
  const factory = factories.get(name);
  if (!factory) throw unknownName('network', name, modelNames());
  checkPositiveInteger(`number of classes of ${name}`, options.classes);
  if (options.imageSize !== undefined) checkPositiveInteger(`image size of ${name}`, options.imageSize);
  return factory(options, random);
}

/** Copies a network with its weights and its precision. The caller disposes the copy. */
export function copyModel(model: Model): Model {
  const { name, classes, imageSize } = model;
  const copy = createModel(name, { classes, imageSize }, new Random(0));
  const originals = new Map(parameters(model));
  for (const [path, parameter] of parameters(copy)) {
    const { value, precision } = originals.get(path)!;
    parameter.variable.assign(value);
    parameter.precision = precision;
  }
  return copy;
}

/** One factory per row of a family's table. */
function factoriesOf<Row extends { readonly imageSize: number }>(
  table: Readonly<Record<string, Row>>,
  Network: new (name: string, classes: number, row: Row, random: Random) => Model,
): (readonly [name: string, factory: ModelFactory])[] {
  return Object.entries(table).map(([name, row]) => {
    const factory: ModelFactory = ({ classes, imageSize = row.imageSize }, random) =>
      new Network(name, classes, { ...row, imageSize }, random);
    return [name, factory];
  });
}

function checkPositiveInteger(what: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new UserError(`The ${what} must be a positive integer, but it is ${value}.`);
}
