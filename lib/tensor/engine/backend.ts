import util from 'node:util';
import { enableProdMode } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { load, loadAddon } from './addon';

// tfjs-node 4.22 calls util.isNullOrUndefined, of which Node 22 warns and which Node 23 dropped (tensorflow/tfjs#8425).
Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });

const kernels = loadAddon('kernels', 'Our fused kernels cannot be loaded; training is slower without them');

/** Whether the kernels under `kernels/` are registered with TensorFlow. */
export const kernelsLoaded = kernels !== undefined;

/** Whether their products of bfloat16 run on a matrix unit of the processor. */
export const hasMatrixUnit = z.object({ matrixUnit: z.literal(true) }).safeParse(kernels).success;

if (
  load(
    '@tensorflow/tfjs-node',
    'TensorFlow cannot be loaded; everything is computed in plain JavaScript, about a hundred times as slowly',
  ) === undefined
) {
  // Else it would advise, at length, to install what could not be loaded.
  enableProdMode();
  require('@tensorflow/tfjs-backend-cpu');
  // Danfo's tables ask for tfjs-node by its name; what they use of it is all in the core.
  require.cache[require.resolve('@tensorflow/tfjs-node')] = require.cache[require.resolve('@tensorflow/tfjs-core')];
}
