import { execFileSync } from 'node:child_process';
import os from 'node:os';
import type { MachineRecord } from '../results/record';
import { backendInfo } from '../tensor/backendInfo';
import * as tf from '../tensor/tf';

/** The machine this process runs on. */
export function thisMachine(): MachineRecord {
  const processors = os.cpus();
  return { processor: processors[0]?.model.trim() ?? 'unknown', cores: processors.length, memoryGB: Math.round(os.totalmem() / 2 ** 30) };
}

/** The threads that TensorFlow computes with: results are bit-identical for one number of them only. */
export function threadCount(): number {
  const given = Number(process.env['TF_NUM_INTRAOP_THREADS'] ?? 0);
  return given > 0 ? given : os.availableParallelism();
}

export function versions(): Record<string, string> {
  const { libtensorflow } = backendInfo();
  return { node: process.versions.node, tfjs: tf.version_core, ...(libtensorflow !== undefined && { tensorflow: libtensorflow }) };
}

/** The commit of the project, and whether the files differ from it; `unknown` outside git. */
export function commit(): { readonly commit: string; readonly dirty: boolean } {
  try {
    const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return { commit: git('rev-parse', 'HEAD'), dirty: git('status', '--porcelain', '--untracked-files=no', '--', 'lib', 'scripts') !== '' };
  } catch {
    return { commit: 'unknown', dirty: true };
  }
}
