import util from 'node:util';
import { enableProdMode } from '@tensorflow/tfjs-core';
import { load, loadAddon } from './addon';

// tfjs-node 4.22 calls util.isNullOrUndefined, of which Node 22 warns and which Node 23 dropped (tensorflow/tfjs#8425).
Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });

/** Whether the kernels under `kernels/` are registered with TensorFlow. */
export const kernelsLoaded = loadAddon('kernels', 'Our fused kernels cannot be loaded; training is slower without them') !== undefined;

if (load('@tensorflow/tfjs-node', 'TensorFlow cannot be loaded; everything is computed in plain JavaScript, about a hundred times as slowly') === undefined) {
  // Else it would advise, at length, to install what could not be loaded.
  enableProdMode();
  require('@tensorflow/tfjs-backend-cpu');
  // Danfo's tables ask for tfjs-node by its name; what they use of it is all in the core.
  require.cache[require.resolve('@tensorflow/tfjs-node')] = require.cache[require.resolve('@tensorflow/tfjs-core')];
}
