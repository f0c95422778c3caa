import { availableParallelism, cpus } from 'node:os';
import { hasKernels, nativeBackend } from './native';
import * as tf from './tf';

/** A description of the engine, to be shown to people. */
export interface BackendInfo {
  /** `tensorflow`, or `cpu` if only plain JavaScript is available. */
  readonly backend: string;
  /** The version of libtensorflow; undefined in plain JavaScript. */
  readonly libtensorflow: string | undefined;
  readonly device: 'CPU' | 'GPU';
  readonly processor: string;
  /** Count of threads that one op may use. */
  readonly threads: number;
  /** Whether our fused kernels are used: on a CPU, if they were built, unless OFA_KERNELS=off. */
  readonly kernels: boolean;
}

/** Describes the engine of this process. */
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
