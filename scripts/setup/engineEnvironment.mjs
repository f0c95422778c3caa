import { cudaLibraries } from './environment.mjs';

/** The environment variables that TensorFlow wants to find when a process starts, unless the user set them. */
export function engineEnvironment(env = process.env) {
  const libraries = cudaLibraries();
  return {
    TF_CPP_MIN_LOG_LEVEL: env.TF_CPP_MIN_LOG_LEVEL ?? '2',
    TF_FORCE_GPU_ALLOW_GROWTH: env.TF_FORCE_GPU_ALLOW_GROWTH ?? 'true',
    // Else NVIDIA's libraries round the factors of float32 products to ten bits, and nothing equals the reference any more.
    NVIDIA_TF32_OVERRIDE: env.NVIDIA_TF32_OVERRIDE ?? '0',
    ...(libraries.length > 0 && { LD_LIBRARY_PATH: [...libraries, env.LD_LIBRARY_PATH].filter(Boolean).join(':') }),
  };
}
