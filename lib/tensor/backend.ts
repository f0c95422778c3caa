import { existsSync } from 'node:fs';
import path from 'node:path';
import util from 'node:util';

// tfjs-node 4.22 calls util.isNullOrUndefined, of which Node 22 warns and which Node 23 dropped (tensorflow/tfjs#8425).
Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });

// Commands and the notebook kernel start at the project's root. Our kernels come first: loading them also silences TensorFlow's greeting.
const kernels = path.join(process.cwd(), 'build', 'kernels.node');

/** Whether the kernels under `kernels/` are registered with TensorFlow. */
export const kernelsLoaded = existsSync(kernels) && loads(kernels, 'Our fused kernels cannot be loaded; training is slower without them');

if (!loads('@tensorflow/tfjs-node', 'TensorFlow cannot be loaded; everything is computed in plain JavaScript, about a hundred times as slowly')) {
  require('@tensorflow/tfjs-backend-cpu');
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
