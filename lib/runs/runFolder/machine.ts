import { execFileSync } from 'node:child_process';
import os from 'node:os';
import type { MachineRecord } from '../../results/records/record';
import { backendInfo } from '../../tensor/engine/backendInfo';
import * as tf from '../../tensor/engine/tf';

/** The machine this process runs on. */
export function thisMachine(): MachineRecord {
  const processors = os.cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGB: Math.round(os.totalmem() / 2 ** 30),
    ...(backendInfo().device === 'GPU' && { gpu: gpuName() }),
  };
}

/** The name of the card that this process computes on, the first that it may use, as NVIDIA's driver tells it. */
function gpuName(): string {
  const [first] = (process.env['CUDA_VISIBLE_DEVICES'] ?? '').split(',');
  try {
    return execFileSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader', `--id=${first || '0'}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

/** The threads that TensorFlow computes with: results are bit-identical for one number of them only. */
export function threadCount(): number {
  return backendInfo().threads;
}

/** What computes, with its versions: whether our kernels take part decides the bits as well. */
export function versions(): Record<string, string> {
  const { libtensorflow, kernels } = backendInfo();
  return {
    node: process.versions.node,
    tfjs: tf.version_core,
    ...(libtensorflow !== undefined && { tensorflow: libtensorflow }),
    kernels: kernels ? 'fused' : 'none',
  };
}

/** What git prints. Throws where it cannot be asked. */
export function git(...args: string[]): string {
  return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

/** The commit of the project, and whether the files differ from it; `unknown` outside git. */
export function commit(): { readonly commit: string; readonly dirty: boolean } {
  try {
    return {
      commit: git('rev-parse', 'HEAD'),
      dirty: git('status', '--porcelain', '--untracked-files=no', '--', 'lib', 'scripts') !== '',
    };
  } catch {
    return { commit: 'unknown', dirty: true };
  }
}
