import { unknownName, UserError } from '../errors';
import type { Random } from '../tensor/random';
import { convNeXts, createConvNeXt } from './convNeXt';
import { createMlpMixer, mlpMixers } from './mlpMixer';
import { createMobileNetV2, mobileNetV2s } from './mobileNetV2';
import type { Model } from './model';
import { createResMlp, resMlps } from './resMlp';
import { createResNet, resNets } from './resnet';
import { createSwinTransformer, swinTransformers } from './swinTransformer';
import type { ModelOptions } from './variant';
import { createVisionTransformer, visionTransformers } from './visionTransformer';

/** Makes one network of a family from a row of its table. */
type Maker = (name: string, options: ModelOptions, random: Random) => Model;

/** Every network by its name: timm's where timm has it. */
const makers: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ...rows(resNets, createResNet),
  ...rows(mobileNetV2s, createMobileNetV2),
  ...rows(convNeXts, createConvNeXt),
  ...rows(visionTransformers, createVisionTransformer),
  ...rows(swinTransformers, createSwinTransformer),
  ...rows(mlpMixers, createMlpMixer),
  ...rows(resMlps, createResMlp),
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
  for (const [what, value] of [['number of classes', options.classes], ['image size', options.imageSize ?? 1]] as const) {
    if (!Number.isInteger(value) || value < 1) throw new UserError(`The ${what} of ${name} must be a whole number of at least 1, not ${value}.`);
  }
  return make(name, options, random);
}

function rows(table: Readonly<Record<string, unknown>>, make: Maker): (readonly [string, Maker])[] {
  return Object.keys(table).map((name) => [name, make] as const);
}
