/** The part of `lib/methods` that notebooks use: `import { createDistillation } from './lib/methods/index'`. */
// A registered method, created for a pair of networks.
export { createDistillation } from './methods';
export type { Distillation, Method, MethodSetting } from './method';
// A method of your own.
export { defineMethod, type Setting, type Step } from './method';
// What a method of your own is built from: tensors, layers, a loss, and the schema of its options.
export * as tf from '../tensor/engine/tf';
export { Linear } from '../models/layers/linear';
export { kdLoss } from '../losses/kd';
export { z } from 'zod';
