import * as tf from '../tensor/engine/tf';
import { multiplyAddsOf } from '../tensor/inspect/multiplyAdds';
import type { Model, StageShape } from './model';
import { Parameter, parameterCount, type Module } from './parameter';

/** A direct part of a network. */
export interface Part {
  /** Its path: `blocks.0`. */
  readonly path: string;
  /** The name of its class: `TransformerBlock`. */
  readonly kind: string;
  readonly parameters: number;
}

/** Lists the parts of a module that have parameters: one per field, and one per entry of an array. */
export function outline(module: Module, prefix = ''): Part[] {
  return Object.entries(module).flatMap(([field, part]: [string, unknown]): Part[] => {
    if (typeof part !== 'object' || part === null || part instanceof Parameter) return [];
    if (Array.isArray(part)) return outline(part, `${prefix}${field}.`);
    const parameters = parameterCount(part);
    return parameters === 0 ? [] : [{ path: prefix + field, kind: part.constructor.name, parameters }];
  });
}

/** Formats the shape of a stage's feature without the batch: `32 × 32 × 24` or `64 + 1 tokens × 96`. */
export function stageText(shape: StageShape): string {
  if (shape.kind === 'spatial') return `${shape.size} × ${shape.size} × ${shape.channels}`;
  return `${shape.grid ** 2}${shape.classToken ? ' + 1' : ''} tokens × ${shape.channels}`;
}

/** Counts the multiply-adds of one forward pass of one image; undefined if the engine does not report its ops. */
export function networkMultiplyAdds(model: Model): number | undefined {
  return tf.tidy(() => {
    const image = tf.zeros<tf.Rank.R4>([1, model.imageSize, model.imageSize, 3]);
    return multiplyAddsOf(() => model.forward(image, { mode: 'eval' }));
  });
}
