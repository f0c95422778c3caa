import { unknownName, UserError } from '../errors';
import type { Random } from '../tensor/random';
import { ConvNeXt, convNeXts } from './networks/convNeXt';
import { MlpMixer, mlpMixers } from './networks/mlpMixer';
import { MobileNetV2, mobileNetV2s } from './networks/mobileNetV2';
import type { Model } from './model';
import { ResMlp, resMlps } from './networks/resMlp';
import { ResNet, resNets } from './networks/resnet';
import { SwinTransformer, swinTransformers } from './networks/swinTransformer';
import { VisionTransformer, visionTransformers } from './networks/visionTransformer';

export interface ModelOptions {
  readonly classes: number;
  /** Height and width of the images; each network's own size unless told. */
  readonly imageSize?: number;
}

type Maker = (options: ModelOptions, random: Random) => Model;

/** Every network by its name: timm's where timm has it. */
const makers: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ...rows(resNets, ResNet),
  ...rows(mobileNetV2s, MobileNetV2),
  ...rows(convNeXts, ConvNeXt),
  ...rows(visionTransformers, VisionTransformer),
  ...rows(swinTransformers, SwinTransformer),
  ...rows(mlpMixers, MlpMixer),
  ...rows(resMlps, ResMlp),
]);

/** Names of all networks. */
export function modelNames(): string[] {
  return [...makers.keys()];
}

/**
 * A network with fresh weights. Throws a UserError if there is none of that name (naming the nearest), or if it cannot take images
 * of that size.
 */
export function createModel(name: string, options: ModelOptions, random: Random): Model {
  const make = makers.get(name);
  if (!make) throw unknownName('network', name, modelNames());
  for (const [what, value] of [
    ['number of classes', options.classes],
    ['image size', options.imageSize ?? 1],
  ] as const) {
    if (!Number.isInteger(value) || value < 1)
      throw new UserError(`The ${what} of ${name} must be a whole number of at least 1, not ${value}.`);
  }
  return make(options, random);
}

/** The networks of a family's table. */
function rows<Row extends { readonly imageSize: number }>(
  table: Readonly<Record<string, Row>>,
  Network: new (name: string, classes: number, row: Row, random: Random) => Model,
): (readonly [string, Maker])[] {
  return Object.entries(table).map(
    ([name, row]) =>
      [
        name,
        ({ classes, imageSize = row.imageSize }, random) => new Network(name, classes, { ...row, imageSize }, random),
      ] as const,
  );
}
