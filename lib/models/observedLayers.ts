import { UserError } from '../errors';
import * as tf from '../tensor/engine/tf';
import { Attention } from './layers/attention';
import { BatchNorm2d } from './layers/batchNorm2d';
import { Linear } from './layers/linear';
import { Mlp } from './layers/mlp';
import type { Model, Pass } from './model';
import { Parameter, snakeCase } from './parameter';

/**
 * Names of all layers whose output can be observed, in the order of the network's fields: the blocks, and inside and
 * outside of them every module with a function `apply`. They are timm's, such as `blocks.0.attn` and `layer3.0.bn1`.
 */
export function layerNames(model: Model): string[] {
  const found = modulesWithApply(model);
  return [...model.blockNames.filter((name) => !found.includes(name)), ...found];
}

/**
 * A network whose forward pass calls `tap` with the outputs of these layers, which become its `blockNames`. The
 * network itself is not changed, and the two share their parameters: disposing one disposes both. Outputs are those of
 * timm's modules: without the residual or the activation that a layer adds in the same pass over memory. A block with
 * an observed layer inside does not run as a fused kernel. Outputs in windows are given by image, [batch, …]. Throws a
 * UserError in the forward pass if a layer is not applied in it, such as one that only a closure refers to.
 */
export function observedLayers(model: Model, layers: readonly string[]): Model {
  const { name, family, classes, imageSize, width, stageShapes, headName } = model;
  const chosen = new Set(layers);
  const blocks = new Set(model.blockNames);
  const inner = layers.filter((layer) => !blocks.has(layer));
  const forward: Model['forward'] = (images, pass) => {
    const missing = new Set(layers);
    const tap = (layer: string, feature: tf.Tensor): void => {
      missing.delete(layer);
      pass.tap?.(layer, feature);
    };
    const observed = inner.length === 0 ? model : withReports(model, inner, images.shape[0], tap);
    const output = observed.forward(images, {
      ...pass,
      tap: (block, feature) => {
        if (chosen.has(block)) tap(block, feature);
      },
    });
    if (missing.size > 0) throw notReported(name, [...missing]);
    return output;
  };
  const blockNames = layerNames(model).filter((layer) => chosen.has(layer));
  return Object.assign(
    { model },
    { name, family, classes, imageSize, width, stageShapes, headName, blockNames, forward },
  );
}

function notReported(model: string, layers: readonly string[]): UserError {
  return new UserError(
    `The forward pass of ${model} does not apply ${layers.join(', ')} as a field of the network, so that its output ` +
      'cannot be observed. Choose a block, or pass the output to `tap` in the network.',
  );
}

type Report = NonNullable<Pass['tap']>;

/** The network with the chosen modules replaced by ones that report their outputs. */
function withReports(model: Model, chosen: readonly string[], batch: number, tap: Report): Model {
  const report: Report = (layer, feature) =>
    tap(layer, feature.shape[0] === batch ? feature : tf.reshape(feature, [batch, -1]));
  const observed = replaced(model, '', new Set(chosen), report);
  if (!isModel(observed)) throw new Error(`The observed ${model.name} is not a network`);
  return observed;
}

/**
 * A module that inherits everything from `module` except the chosen modules within it. Inheritance leaves the module
 * unchanged, also while another forward pass runs.
 */
function replaced(module: object, path: string, chosen: ReadonlySet<string>, report: Report): unknown {
  const children = Object.entries(module).flatMap(([field, child]: [string, unknown]) => {
    const name = join(path, field);
    return isModule(child) && containsChosen(name, chosen)
      ? [[field, replaced(child, name, chosen, report)] as const]
      : [];
  });
  const within = withFields(module, children);
  return chosen.has(path) && hasApply(within) ? reporting(within, (output) => report(path, output)) : within;
}

function withFields(module: object, fields: readonly (readonly [string, unknown])[]): object {
  if (fields.length === 0) return module;
  if (Array.isArray(module)) return Object.assign([...(module as unknown[])], Object.fromEntries(fields));
  // The fused kernel of a block would not call the modules within it.
  const unfused = 'applyFused' in module ? ([['applyFused', () => undefined]] as const) : [];
  return inheriting(module, [...fields, ...unfused]);
}

/** A layer that calls `report` with its output, without what it adds to it in the same pass over memory. */
function reporting(layer: Applicable, report: (output: tf.Tensor) => void): object {
  if (layer instanceof BatchNorm2d) {
    const apply: BatchNorm2d['apply'] = (x, mode, epilogue) => {
      const output = layer.apply(x, mode);
      report(output);
      return epilogue ? layer.apply(x, mode, epilogue) : output;
    };
    return inheriting(layer, [['apply', apply]]);
  }
  if (layer instanceof Linear) {
    const apply = <T extends tf.Tensor>(x: T, residual?: T): T => plus(layer.apply(x), residual, report);
    const applyGelu = <T extends tf.Tensor>(x: T): T => {
      report(layer.apply(x));
      return layer.applyGelu(x);
    };
    return inheriting(layer, [
      ['apply', apply],
      ['applyGelu', applyGelu],
    ]);
  }
  if (layer instanceof Mlp) {
    const apply = <T extends tf.Tensor>(x: T, residual?: T): T => plus(layer.apply(x), residual, report);
    return inheriting(layer, [['apply', apply]]);
  }
  if (layer instanceof Attention) {
    const apply: Attention['apply'] = (x, residual) => plus(layer.apply(x), residual, report);
    return inheriting(layer, [['apply', apply]]);
  }
  const apply = (...given: readonly unknown[]): unknown => {
    const output = layer.apply(...given);
    if (isTensor(output)) report(output);
    return output;
  };
  return inheriting(layer, [['apply', apply]]);
}

function plus<T extends tf.Tensor>(output: T, residual: T | undefined, report: (output: tf.Tensor) => void): T {
  report(output);
  return residual ? tf.add(output, residual) : output;
}

function inheriting(module: object, fields: readonly (readonly [string, unknown])[]): object {
  const properties = Object.fromEntries(fields.map(([field, value]) => [field, { value, enumerable: true }]));
  const result: unknown = Object.create(module, properties);
  if (!isModule(result)) throw new Error('An object cannot be inherited from');
  return result;
}

interface Applicable {
  apply(...given: readonly unknown[]): unknown;
}

/** Paths of the modules that have a function `apply`, a module before those within it. */
function modulesWithApply(module: object, path = ''): string[] {
  const own = path !== '' && hasApply(module) ? [path] : [];
  return [
    ...own,
    ...Object.entries(module).flatMap(([field, child]: [string, unknown]) =>
      isModule(child) ? modulesWithApply(child, join(path, field)) : [],
    ),
  ];
}

const join = (path: string, field: string): string => (path === '' ? '' : `${path}.`) + snakeCase(field);

function containsChosen(name: string, chosen: ReadonlySet<string>): boolean {
  return chosen.has(name) || [...chosen].some((one) => one.startsWith(`${name}.`));
}

function isModule(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Parameter) && !(value instanceof tf.Tensor);
}

function isTensor(value: unknown): value is tf.Tensor {
  return value instanceof tf.Tensor;
}

function hasApply(module: object): module is Applicable {
  return 'apply' in module && typeof module.apply === 'function';
}

function isModel(value: unknown): value is Model {
  return typeof value === 'object' && value !== null && 'forward' in value && 'blockNames' in value;
}
