import util from 'node:util';
import { enableProdMode } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { load, loadAddon } from './addon';

// tfjs-node 4.22 calls util.isNullOrUndefined, which Node 22 deprecates and Node 23 lacks (tensorflow/tfjs#8425).
Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });

const kernels = loadAddon('kernels', 'The fused kernels cannot be loaded, so that training is slower');

/** Whether our kernels are registered with TensorFlow. */
export const kernelsLoaded = kernels !== undefined;

/** Whether bfloat16 products of our kernels run on a matrix unit of the processor. */
export const hasMatrixUnit = z.object({ matrixUnit: z.literal(true) }).safeParse(kernels).success;

const tensorflow = load(
  '@tensorflow/tfjs-node',
  'TensorFlow cannot be loaded, so that everything is computed in plain JavaScript, about a hundred times slower',
);
if (tensorflow === undefined) {
  // In development mode TensorFlow.js would advise, at length, to install the package that cannot be loaded.
  enableProdMode();
  require('@tensorflow/tfjs-backend-cpu');
  // Danfo's tables import tfjs-node by name; what they use of it is in the core.
  require.cache[require.resolve('@tensorflow/tfjs-node')] = require.cache[require.resolve('@tensorflow/tfjs-core')];
}
