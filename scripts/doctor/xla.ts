import { Compiled } from '../../lib/tensor/engine/compile';
import { isNative } from '../../lib/tensor/engine/native';
import * as tf from '../../lib/tensor/engine/tf';

const remedy =
  'Training on this GPU needs XLA: check that OFA_DEVICE=cuda npm run setup has finished, or set OFA_COMPILE=graph.';

/** Compiles a small function by XLA and runs it. Returns what was found, in words. */
export function checkXla(device: 'CPU' | 'GPU'): string {
  if (!isNative()) return 'not available in plain JavaScript';
  if (device === 'CPU' && process.env['OFA_KERNELS'] !== 'off')
    return 'not needed on a CPU, where our kernels are used';
  const compute = ({ x }: { readonly x: tf.Tensor }): tf.Tensor[] => [tf.tidy(() => tf.sum(tf.matMul(x, x)))];
  const compiled = new Compiled(compute, { xla: true, isPure: true });
  const started = performance.now();
  try {
    const call = (): number => tf.tidy(() => compiled.run({ x: tf.ones([8, 8]) }, undefined)[0]!.dataSync()[0]!);
    call();
    const sum = call();
    if (sum !== 512) return `gives ${sum} instead of 512. ${remedy}`;
    return `compiles and runs on the ${device} (${((performance.now() - started) / 1000).toFixed(1)} s)`;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return `does not work: ${message.trim().split('\n')[0]} ${remedy}`;
  } finally {
    compiled.dispose();
  }
}
