import { unknownName } from '../errors';
import type { Random } from '../tensor/random';
import { createMlpMixer, mlpMixers } from './mlpMixer';
import type { Model } from './model';
import { createResNet, resNets } from './resnet';
import type { ModelOptions } from './variant';
import { createVisionTransformer, visionTransformers } from './visionTransformer';

/** Makes one network of a family from a row of its table. */
type Maker = (name: string, options: ModelOptions, random: Random) => Model;

/** Every network by its name: timm's where timm has it. */
const makers: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ...Object.keys(resNets).map((name) => [name, createResNet] as const),
  ...Object.keys(visionTransformers).map((name) => [name, createVisionTransformer] as const),
  ...Object.keys(mlpMixers).map((name) => [name, createMlpMixer] as const),
]);

/** Names of all networks. */
export function modelNames(): string[] {
  return [...makers.keys()];
}

/** A network with fresh weights. Throws a UserError that names the nearest ones if there is none of that name. */
export function createModel(name: string, options: ModelOptions, random: Random): Model {
  const make = makers.get(name);
  if (!make) throw unknownName('network', name, modelNames());
  return make(name, options, random);
}
