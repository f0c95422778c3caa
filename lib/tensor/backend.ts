import { existsSync } from 'node:fs';
import path from 'node:path';
import util from 'node:util';

// Node 23 dropped util.isNullOrUndefined, which tfjs-node 4.22 still calls (tensorflow/tfjs#8425).
if (!('isNullOrUndefined' in util)) Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });

// Commands and the notebook kernel start at the project's root. Our kernels come first: loading them also silences TensorFlow's greeting.
const kernels = path.join(process.cwd(), 'build', 'kernels.node');

/** Whether the kernels under `kernels/` are registered with TensorFlow. */
export const kernelsLoaded = existsSync(kernels);
if (kernelsLoaded) require(kernels);
require('@tensorflow/tfjs-node');
