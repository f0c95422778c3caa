import { execFileSync } from 'node:child_process';
import os from 'node:os';
import type { MachineRecord } from '../../results/records/record';
import { backendInfo } from '../../tensor/engine/backendInfo';
import * as tf from '../../tensor/engine/tf';

/** The machine on which this process runs. */
export function thisMachine(): MachineRecord {
  const processors = os.cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGB: Math.round(os.totalmem() / 2 ** 30),
    ...(backendInfo().device === 'GPU' && { gpu: gpuName() }),
  };
}

/** Number of threads of TensorFlow. Results are bit-identical only for the same number. */
export function threadCount(): number {
  return backendInfo().threads;
}

/** Versions of everything that computes. Whether our own kernels are in use affects the bits of a result as well. */
export function versions(): Record<string, string> {
  const { libtensorflow, kernels } = backendInfo();
  return {
    node: process.versions.node,
    tfjs: tf.version_core,
    ...(libtensorflow !== undefined && { tensorflow: libtensorflow }),
    kernels: kernels ? 'fused' : 'none',
  };
}

/**
 * The commit of the project, and whether its source files differ from it. Outside a git repository: `unknown`, and
 * dirty.
 */
export function commit(): { readonly commit: string; readonly dirty: boolean } {
  try {
    const changes = git('status', '--porcelain', '--untracked-files=no', '--', 'lib', 'scripts');
    return { commit: git('rev-parse', 'HEAD'), dirty: changes !== '' };
  } catch {
    return { commit: 'unknown', dirty: true };
  }
}

/** The output of a git command. Throws if git fails or is not installed. */
export function git(...args: string[]): string {
  return output('git', args);
}

/** The name of the GPU that TensorFlow uses, the first that this process may use, according to NVIDIA's driver. */
function gpuName(): string {
  const [first] = (process.env['CUDA_VISIBLE_DEVICES'] ?? '').split(',');
  try {
    return output('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader', `--id=${first || '0'}`]);
  } catch {
    return 'unknown';
  }
}

function output(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
