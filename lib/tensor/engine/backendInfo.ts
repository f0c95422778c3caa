import { availableParallelism, cpus } from 'node:os';
import { hasKernels, nativeBackend } from './native';
import * as tf from './tf';

/** What computes, in words for a person. */
export interface BackendInfo {
  /** `tensorflow`, or `cpu` where only plain JavaScript is at hand. */
  readonly backend: string;
  /** The version of libtensorflow, where there is one. */
  readonly libtensorflow: string | undefined;
  readonly device: 'CPU' | 'GPU';
  readonly processor: string;
  /** The threads that one op may use. */
  readonly threads: number;
  /** Whether our fused kernels compute: on a CPU, where they were built and OFA_KERNELS=off does not forbid it. */
  readonly kernels: boolean;
}

/** The engine that this process computes with. */
export function backendInfo(): BackendInfo {
  const native = nativeBackend();
  return {
    backend: tf.getBackend(),
    libtensorflow: native?.binding.TF_Version,
    device: native?.isUsingGpuDevice ? 'GPU' : 'CPU',
    processor: cpus()[0]?.model ?? process.arch,
    threads: native ? Number(process.env.TF_NUM_INTRAOP_THREADS) || availableParallelism() : 1,
    kernels: hasKernels(),
  };
}
