import { existsSync } from 'node:fs';
import path from 'node:path';
import util from 'node:util';
import { enableProdMode } from '@tensorflow/tfjs-core';

// tfjs-node 4.22 calls util.isNullOrUndefined, of which Node 22 warns and which Node 23 dropped (tensorflow/tfjs#8425).
Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });

// TensorFlow's own choice is Intel's library on the newest processors only; its convolutions are up to twice as fast on older ones, too.
process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';

// Commands and the notebook kernel start at the project's root. The first addon silences TensorFlow's greeting.
const [quiet, kernels] = ['quiet.node', 'kernels.node'].map((name) => path.join(process.cwd(), 'build', name)) as [string, string];
if (existsSync(quiet)) loads(quiet, 'TensorFlow greets with lines that can be ignored');

/** Whether the kernels under `kernels/` are registered with TensorFlow. */
export const kernelsLoaded = existsSync(kernels) && loads(kernels, 'Our fused kernels cannot be loaded; training is slower without them');

if (!loads('@tensorflow/tfjs-node', 'TensorFlow cannot be loaded; everything is computed in plain JavaScript, about a hundred times as slowly')) {
  // Else it would advise, at length, to install what could not be loaded.
  enableProdMode();
  require('@tensorflow/tfjs-backend-cpu');
  // Danfo's tables ask for tfjs-node by its name; what they use of it is all in the core.
  require.cache[require.resolve('@tensorflow/tfjs-node')] = require.cache[require.resolve('@tensorflow/tfjs-core')];
}

/** Loads a module; where that fails, says what it means and goes on. */
function loads(module: string, otherwise: string): boolean {
  try {
    require(module);
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    console.warn(`Warning: ${otherwise}. \`npm run setup\` may mend it. (${reason})`);
    return false;
  }
}
