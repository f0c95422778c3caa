import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Command } from 'commander';
import { z } from 'zod';

import { cifar100Archive } from '../lib/data/datasets/cifar100/cifar100';
import { UserError } from '../lib/errors';
import { backendInfo } from '../lib/tensor/engine/backendInfo';
import * as tf from '../lib/tensor/engine/tf';
import { run } from './cli/run';
import { checkXla } from './doctor/xla';
import { findWheel } from './setup/environment.mjs';
import { inProject, venvPython } from './setup/project.mjs';
import { advice } from './setup/setUp.mjs';

/** npm run doctor: installed versions, the engine, and its speed. */
const command = new Command('npm run doctor --')
  .description('Prints versions, backend, device, threads, Jupyter kernel, data, and one timed matrix product.')
  .action(async () => {
    const info = backendInfo();
    const rows: readonly (readonly [string, string])[] = [
      ['Node', `${process.version} (${process.execPath})`],
      [
        'Packages',
        ['@tensorflow/tfjs-node', 'tslab', 'typescript', 'plotly.js-dist', 'danfojs-node'].map(nodeVersion).join(', '),
      ],
      ['Python', python()],
      [
        'TensorFlow',
        info.libtensorflow === undefined
          ? 'none'
          : `${info.libtensorflow} (${findWheel() ?? 'the binary of the npm package'})`,
      ],
      ['Backend', `${info.backend}, ${info.kernels ? 'with fused kernels' : 'without fused kernels'}`],
      ['Device', `${info.device} (${info.processor}), ${info.threads} threads`],
      ['XLA', checkXla(info.device)],
      ['Jupyter kernel', kernelSpec()],
      ['CIFAR-100', await data()],
      ['Matrix product', await timeProduct(2048)],
    ];
    for (const [name, value] of rows) console.log(`${name.padEnd(16)}${value}`);
    const hint = advice();
    if (hint !== undefined) console.log(hint);
  });

function nodeVersion(name: string): string {
  const manifest = inProject('node_modules', ...name.split('/'), 'package.json');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8')));
  return `${path.basename(name)} ${version}`;
}

function python(): string {
  const script = `
import sys, importlib.metadata as m
names = ("jupyterlab", "nbclient", "nbconvert", "kaleido")
print(sys.version.split()[0], *(f"{name} {m.version(name)}" for name in names), sep=", ")`;
  const { status, stdout } = spawnSync(venvPython, ['-c', script], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : `not usable at ${venvPython}; run npm run setup`;
}

function kernelSpec(): string {
  const file = inProject('.venv', 'share', 'jupyter', 'kernels', 'tslab', 'kernel.json');
  if (!existsSync(file)) return 'not installed; run npm run setup';
  const { argv } = z.object({ argv: z.array(z.string()) }).parse(JSON.parse(readFileSync(file, 'utf8')));
  return `tslab (${argv.slice(0, 2).join(' ')})`;
}

async function data(): Promise<string> {
  try {
    const archive = await cifar100Archive({ offline: true });
    return `${archive} (${(statSync(archive).size / 1e6).toFixed(0)} MB)`;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `missing; npm start downloads it. (${error.message})`;
  }
}

/** The minimum time of three products of two size × size matrices, after one warm-up product. */
async function timeProduct(size: number): Promise<string> {
  const isNative = tf.getBackend() === 'tensorflow';
  const n = isNative ? size : size / 8;
  const a = tf.fill([n, n], 0.5);
  let best = Infinity;
  for (let round = 0; round < 4; round++) {
    const start = performance.now();
    const product = tf.matMul(a, a);
    await product.data();
    product.dispose();
    if (round > 0) best = Math.min(best, performance.now() - start);
  }
  a.dispose();
  return `${n} × ${n}: ${best.toFixed(1)} ms, ${((2 * n ** 3) / best / 1e6).toFixed(0)} GFLOP/s`;
}

void run(command);
