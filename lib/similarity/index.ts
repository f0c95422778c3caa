/** The part of `lib/similarity` that notebooks use: `import { comparePairs } from './lib/similarity/index'`. */
// Minibatch CKA between the blocks of networks.
export { comparePairs, type Comparison, type ModelPair } from './compareModels';
export { compareAll, type NetworkComparison } from './compareAll';
// CKA by relative depth.
export { depthSummary, likeDepth, type DepthSummary } from './depth';
