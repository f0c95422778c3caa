import { unknownName, UserError } from '../errors';
import { Random } from '../tensor/random';
import type { Model, ModelSize } from './model';
import { ConvNeXt, convNeXts } from './networks/convNeXt';
import { MlpMixer, mlpMixers } from './networks/mlpMixer';
import { MobileNetV2, mobileNetV2s } from './networks/mobileNetV2';
import { ResMlp, resMlps } from './networks/resMlp';
import { ResNet, resNets } from './networks/resnet';
import { SwinTransformer, swinTransformers } from './networks/swinTransformer';
import { VisionTransformer, visionTransformers } from './networks/visionTransformer';
import type { OwnNetworks } from './own/network';
import { parameters } from './parameter';

export interface ModelOptions extends ModelSize {
  /** Networks that are not in this library. */
  readonly networks?: OwnNetworks | undefined;
}

type ModelFactory = (size: ModelSize, random: Random) => Model;

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
export function modelNames(own?: OwnNetworks): string[] {
  return [...factories.keys(), ...(own?.networks ?? []).map(({ name }) => name)];
}

/** The error for a name that no network has. */
export function unknownNetwork(name: string, networks?: OwnNetworks): UserError {
  const { message } = unknownName('network', name, modelNames(networks));
  return new UserError(networks ? message : `${message} A network of your own needs its file: --networks FILE.`);
}

/**
 * Creates a network with random weights. Throws a UserError if the name is unknown (the message lists the nearest
 * names), if classes or imageSize are not positive integers, or if the network cannot read images of this size.
 */
export function createModel(name: string, { networks, ...size }: ModelOptions, random: Random): Model {
  const factory = factories.get(name) ?? networks?.networks.find((network) => network.name === name)?.create;
  if (!factory) throw unknownNetwork(name, networks);
  checkPositiveInteger(`number of classes of ${name}`, size.classes);
  if (size.imageSize !== undefined) checkPositiveInteger(`image size of ${name}`, size.imageSize);
  return factory(size, random);
}

/** Copies a network with its weights and its precision. The caller disposes the copy. */
export function copyModel(model: Model, networks?: OwnNetworks): Model {
  const { name, classes, imageSize } = model;
  const copy = createModel(name, { classes, imageSize, networks }, new Random(0));
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
