import { createRequire } from 'node:module';
import { join } from 'node:path';
import { inProject } from '../setup/project.mjs';
import { toolEnvironment } from '../setup/toolEnvironment.mjs';
import { hasToolPackages, toolPackages } from '../setup/toolPackages.mjs';

const sources = inProject('scripts', 'onnxruntime');

/** The folder of the packages for browsers. */
export const browserPackages = inProject('build', 'onnxruntime', 'browser');

/** Why tests with the packages for browsers are skipped. */
export const browserPackagesLack = 'needs onnxruntime-web in build/onnxruntime/browser: run `npm run onnxruntime`';

/** Installs onnx and onnxruntime for Python, unless they are installed. */
export async function installOnnxruntime() {
  await toolEnvironment(inProject('build', 'onnxruntime', 'venv'), join(sources, 'requirements.txt'));
}

/** Installs onnxruntime-web and transformers.js, unless they are installed. */
export async function installBrowserPackages() {
  await toolPackages(browserPackages, sources);
}

/** Whether onnxruntime-web and transformers.js are installed. */
export function hasBrowserPackages() {
  return hasToolPackages(browserPackages, sources);
}

/**
 * Returns onnxruntime-web for Node.
 *
 * @returns {typeof import('onnxruntime-common')}
 */
export function onnxruntimeWeb() {
  return createRequire(join(browserPackages, 'package.json'))('onnxruntime-web');
}
