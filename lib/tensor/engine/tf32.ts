import { nativeBackend } from './native';

/**
 * Runs a function in which a GPU may round the factors of float32 products and convolutions to TF32: ten bits of
 * mantissa instead of 23. PyTorch's `torch.backends.cuda.matmul.allow_tf32` and `torch.backends.cudnn.allow_tf32` mean
 * the same. Elsewhere they are exact. Throws an Error where `tf32Obstacle` returns one.
 */
export function withTf32<T>(work: () => T): T {
  const obstacle = tf32Obstacle();
  if (obstacle !== undefined) throw new Error(`TF32 cannot be used: ${obstacle}.`);
  const precision = nativeBackend()?.binding.precision;
  precision?.allowTf32(true);
  try {
    return work();
  } finally {
    precision?.allowTf32(false);
  }
}

/** Why products cannot use TF32 in this process, and what to do. Undefined if they can. */
export function tf32Obstacle(): string | undefined {
  const backend = nativeBackend();
  if (backend?.isUsingGpuDevice !== true) {
    return 'it is a mode of NVIDIA GPUs, and this process computes on a CPU, where it has no effect. Omit it';
  }
  if (!backend.binding.precision) {
    return "it needs the addon that npm run setup builds, and this process has TensorFlow.js's own. Run npm run setup";
  }
  if (process.env['NVIDIA_TF32_OVERRIDE'] === '0') {
    return 'the environment variable NVIDIA_TF32_OVERRIDE=0, a default of our commands, turns it off. Set it to 1';
  }
  return undefined;
}
