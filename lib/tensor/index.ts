/** The part of `lib/tensor` that notebooks use: `import { tf, Random } from './lib/tensor/index'`. */
// TensorFlow.js on the native engine.
export * as tf from './engine/tf';
// Seeded random numbers.
export { Random } from './random';
// The largest absolute difference between two tensors.
export { largestDifference } from './inspect/largestDifference';
