import { elementwise } from './elementwise';
import { products } from './products';
import { reductions } from './reductions';
import { shapes } from './shapes';
import type { Translator } from './translator';

/** How each op is recorded, by its name in TensorFlow.js, or by the name of a composite op of lib/tensor. */
export const translators: ReadonlyMap<string, Translator> = new Map(
  Object.entries({ ...elementwise, ...products, ...reductions, ...shapes }),
);
