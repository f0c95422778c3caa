import { customGradient } from '../../engine/customGradient';
import { execute, hasKernels, type Precision } from '../../engine/native';
import * as tf from '../../engine/tf';

export interface AttentionOptions {
  /** [groups, heads, tokens, tokens], of which example i takes group i mod groups (Swin's windows, image by image). */
  readonly bias?: tf.Tensor4D;
  /** float32 unless told; without our kernels it always is. */
  readonly precision?: Precision;
}

/**
 * softmax(q kᵀ / sqrt(depth) + bias) v for each head (Vaswani et al. 2017, eq. 1).
 * qkv [batch, tokens, 3 · width]: queries, keys and values packed as timm packs them; returns [batch, tokens, width].
 */
export function attention(
  qkv: tf.Tensor3D,
  heads: number,
  { bias, precision = 'float32' }: AttentionOptions = {},
): tf.Tensor3D {
  return hasKernels() && (qkv.shape[2] / (3 * heads)) % 8 === 0
    ? fused(qkv, heads, precision, bias)
    : composed(qkv, heads, bias);
}

function fused(qkv: tf.Tensor3D, heads: number, precision: Precision, bias?: tf.Tensor4D): tf.Tensor3D {
  const others = bias ? [bias] : [];
  const attributes = [
    ['N', 'int', others.length],
    ['heads', 'int', heads],
    ['mixed_precision', 'bool', precision === 'bfloat16'],
  ] as const;
  return customGradient([qkv, ...others], () => ({
    value: execute('OfaAttention', [qkv, ...others], attributes)[0] as tf.Tensor3D,
    saved: [qkv, ...others],
    backward: (dy, saved) => execute('OfaAttentionGrad', [dy, ...saved], attributes, 1 + others.length),
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
    return tf.reshape(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), [batch, tokens, heads * depth]);
  });
}

function addByGroup(scores: tf.Tensor4D, bias: tf.Tensor4D): tf.Tensor4D {
  const [batch, ...rest] = scores.shape;
  const groups = bias.shape[0];
  return tf.reshape(tf.add(tf.reshape(scores, [batch / groups, groups, ...rest]), bias), scores.shape);
}
