/** The part of `lib/analysis` that notebooks use: `import { trainProbes } from './lib/analysis/index'`. */
// Exit branches as classifiers: their predictions, accuracy and cost, and early exit.
export { exitPredictions } from './exitPredictions';
export { earlyExit, exitTop1 } from './earlyExit';
export { exitCosts } from './exitCosts';
// Linear probes on frozen stages.
export { trainProbes } from './probes';
// Copies of a network across training.
export { trainWithSnapshots } from './snapshots';
// Time and memory of a training step.
export { stepCosts } from './stepCost';
// Size and latency of a network.
export { networkCost } from './networkCost';
