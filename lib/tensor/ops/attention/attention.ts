import { customGradient } from '../../engine/customGradient';
import { execute, type Attribute, type Precision } from '../../engine/execute';
import { hasKernels } from '../../engine/native';
import * as tf from '../../engine/tf';

export interface AttentionOptions {
  /**
   * Added to the scores: [groups, heads, tokens, tokens]. Example i takes group i mod groups, as Swin's windows follow
   * one another, image by image.
   */
  readonly bias?: tf.Tensor4D;
  /** Default: float32. Without our kernels always float32. */
  readonly precision?: Precision;
}

/**
 * softmax(q kᵀ / √depth + bias) v for each head (Vaswani et al. 2017, eq. 1). qkv [batch, tokens, 3 · width] contains
 * queries, keys and values in timm's layout; returns [batch, tokens, width].
 */
export function attention(
  qkv: tf.Tensor3D,
  heads: number,
  { bias, precision = 'float32' }: AttentionOptions = {},
): tf.Tensor3D {
  const depth = qkv.shape[2] / (3 * heads);
  return depth % 8 === 0 && hasKernels() ? fused(qkv, heads, precision, bias) : composed(qkv, heads, bias);
}

function fused(qkv: tf.Tensor3D, heads: number, precision: Precision, bias?: tf.Tensor4D): tf.Tensor3D {
  const inputs = bias ? [qkv, bias] : [qkv];
  const attributes: readonly Attribute[] = [
    ['N', 'int', inputs.length - 1],
    ['heads', 'int', heads],
    ['mixed_precision', 'bool', precision === 'bfloat16'],
  ];
  return customGradient(inputs, () => ({
    value: execute('OfaAttention', inputs, attributes)[0] as tf.Tensor3D,
    saved: inputs,
    backward: (dy, saved) => execute('OfaAttentionGrad', [dy, ...saved], attributes, inputs.length),
  }));
}

function composed(qkv: tf.Tensor3D, heads: number, bias?: tf.Tensor4D): tf.Tensor3D {
  return tf.tidy(() => {
    const [batch, tokens, packed] = qkv.shape;
    const depth = packed / (3 * heads);
    const split = tf.transpose(tf.reshape(qkv, [batch, tokens, 3, heads, depth]), [2, 0, 3, 1, 4]);
    const [q, k, v] = tf.unstack(split) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    const scores = tf.mul<tf.Tensor4D>(tf.matMul(q, k, false, true), 1 / Math.sqrt(depth));
    const weights = tf.softmax(bias ? addByGroup(scores, bias) : scores);
    const mixed = tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]);
    return tf.reshape(mixed, [batch, tokens, heads * depth]);
  });
}

function addByGroup(scores: tf.Tensor4D, bias: tf.Tensor4D): tf.Tensor4D {
  const [batch, ...rest] = scores.shape;
  const groups = bias.shape[0];
  const grouped = tf.reshape(scores, [batch / groups, groups, ...rest]);
  return tf.reshape(tf.add(grouped, bias), scores.shape);
}
