import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { exitCosts } from '../../lib/analysis/exitCosts';
import { openClassifier } from '../../lib/export/classifier';
import { loadExits } from '../../lib/export/exits';
import { encodeModel } from '../../lib/export/onnx/encode';
import { recordGraph, type Exits } from '../../lib/export/recordGraph';
import { branchesBeside } from '../../lib/models/branches/branchesBeside';
import { disposeModule } from '../../lib/models/parameter';
import { browserPackages, installBrowserPackages } from '../onnxruntime/environments.mjs';
import type { Manifest, ManifestNetwork } from './explore/manifest';

/** The recorded students of the Explore page. The first one is shown first. */
const students = ['resnet_16-by-ofa', 'vit_64-by-ofa', 'mixer_64'];

const source = path.join('scripts', 'site', 'explore');
const onnxruntime = path.join(browserPackages, 'node_modules', 'onnxruntime-web', 'dist');

/** Writes the program of the Explore page, onnxruntime and the networks to a folder. */
export async function buildExplore(folder: string): Promise<void> {
  await installBrowserPackages();
  await mkdir(folder, { recursive: true });
  const wasm = await readFile(path.join(onnxruntime, 'ort-wasm-simd-threaded.wasm'));
  const manifest: Manifest = {
    runtime: await writePacked(folder, 'onnxruntime.js', wasm),
    networks: await Promise.all(students.map((name) => writeNetwork(folder, name))),
  };
  await build({
    entryPoints: [path.join(source, 'page.ts')],
    outfile: path.join(folder, 'explore.js'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    // The licence of onnxruntime is in the bundle.
    legalComments: 'inline',
    define: { manifest: JSON.stringify(manifest), 'import.meta.url': 'undefined' },
    // The program is typed by the interface that all versions of onnxruntime share, a small package.
    alias: { 'onnxruntime-common': path.join(onnxruntime, 'ort.wasm.bundle.min.mjs') },
    plugins: [withoutNode],
    logLevel: 'error',
  });
}

async function writeNetwork(folder: string, name: string): Promise<ManifestNetwork> {
  const weights = path.join('data', 'weights', `${name}.safetensors`);
  const { model, classes, preprocessing, origin } = openClassifier(weights);
  let exits: Exits | undefined;
  try {
    if (existsSync(branchesBeside(weights))) exits = loadExits(model, branchesBeside(weights));
    const costs = exitCosts(model, { title: name, exits: exits?.exits ?? [] });
    const outputs = [...(exits?.exits ?? []).map(({ stage }) => `exit${stage}`), 'logits'];
    const graph = recordGraph(model, { ...exits, blocks: true });
    return {
      name,
      ...(await writePacked(folder, `${name}.js`, encodeModel(graph, { network: model.name }))),
      classes,
      preprocessing,
      blocks: model.blockNames,
      exits: outputs.map((output, i) => ({ output, multiplyAdds: costs[i]! })),
      ...(origin['top1'] !== undefined && { top1: Number(origin['top1']) }),
    };
  } finally {
    disposeModule(model);
    if (exits) disposeModule(exits.modules);
  }
}

/** Writes bytes as a script: gzip in base64. Pages that are opened from a disk can load scripts only. */
async function writePacked(
  folder: string,
  file: string,
  bytes: Uint8Array,
): Promise<{ readonly file: string; readonly bytes: number }> {
  const packed = gzipSync(bytes, { level: 9 }).toString('base64');
  const script = `(window.explorePacked ??= {})[${JSON.stringify(file)}] = '${packed}';\n`;
  await writeFile(path.join(folder, file), script);
  return { file, bytes: script.length };
}

/** Replaces what the functions of `lib` import from Node: browsers have no add-ons and no `util.inspect`. */
const withoutNode: Plugin = {
  name: 'without-node',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:util$|\/imageKernels$/ }, ({ path: name }) => ({
      path: name,
      namespace: 'without-node',
    }));
    onLoad({ filter: /.*/, namespace: 'without-node' }, ({ path: name }) => ({
      contents:
        name === 'node:util'
          ? 'export const inspect = { custom: Symbol("inspect") };'
          : 'export const imageKernels = () => undefined;',
    }));
  },
};
