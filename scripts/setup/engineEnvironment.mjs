import { cudaCompiler, cudaLibraries } from './environment.mjs';

/** Returns the environment variables that TensorFlow reads when a process starts, except those set by the user. */
export function engineEnvironment(env = process.env) {
  const libraries = cudaLibraries();
  const compiler = cudaCompiler();
  return {
    TF_CPP_MIN_LOG_LEVEL: env.TF_CPP_MIN_LOG_LEVEL ?? '2',
    TF_FORCE_GPU_ALLOW_GROWTH: env.TF_FORCE_GPU_ALLOW_GROWTH ?? 'true',
    // Otherwise float32 products on NVIDIA GPUs round their factors to ten bits and differ from the reference values.
    NVIDIA_TF32_OVERRIDE: env.NVIDIA_TF32_OVERRIDE ?? '0',
    ...(compiler !== undefined && {
      PATH: [`${compiler}/bin`, env.PATH].filter(Boolean).join(':'),
      XLA_FLAGS: [`--xla_gpu_cuda_data_dir=${compiler}`, env.XLA_FLAGS].filter(Boolean).join(' '),
    }),
    ...(libraries.length > 0 && { LD_LIBRARY_PATH: [...libraries, env.LD_LIBRARY_PATH].filter(Boolean).join(':') }),
  };
}
