import { availableParallelism, cpus } from 'node:os';

import { kernelsLoaded } from './backend';
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
  /** Whether our fused kernels are loaded. */
  readonly kernels: boolean;
}

/** The engine that this process computes with. */
export function backendInfo(): BackendInfo {
  const backend: unknown = tf.backend();
  const native = isNative(backend) ? backend : undefined;
  return {
    backend: tf.getBackend(),
    libtensorflow: native?.binding.TF_Version,
    device: native?.isUsingGpuDevice ? 'GPU' : 'CPU',
    processor: cpus()[0]?.model ?? process.arch,
    threads: native ? Number(process.env.TF_NUM_INTRAOP_THREADS) || availableParallelism() : 1,
    kernels: native !== undefined && kernelsLoaded,
  };
}

interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

function isNative(backend: unknown): backend is NativeBackend {
  return typeof backend === 'object' && backend !== null && 'isUsingGpuDevice' in backend && 'binding' in backend;
}
