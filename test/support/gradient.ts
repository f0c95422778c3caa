import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { expectClose, largest, toArray } from './close';

export interface GradientCheck {
  /** Distance of the inner points of the stencil; the outer points have twice this distance. */
  readonly step?: number;
  /** Allowed error relative to the input's largest gradient. */
  readonly tolerance?: number;
  /** Number of random positions to check in larger inputs. */
  readonly probes?: number;
}

/**
 * Asserts that tf.grads of `f` equals finite differences for every input.
 * The outputs are contracted with fixed random numbers in float64, and the stencil has fourth order, so that float32
 * is precise enough.
 */
export function expectGradients(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  { step = 0.02, tolerance = 1e-3, probes = 64 }: GradientCheck = {},
): void {
  const random = new Random(20).fork('gradient');
  const output = tf.tidy(() => f(...inputs));
  const contraction = Array.from({ length: output.size }, () => random.normal());
  const dy = tf.tensor(contraction, output.shape);
  const analytic = tf.grads(f)([...inputs], dy);

  inputs.forEach((input, k) => {
    const values = toArray(input);
    const contracted = (at: number, offset: number): number =>
      tf.tidy(() => {
        const moved = tf.tensor(
          values.map((v, i) => (i === at ? v + offset : v)),
          input.shape,
        );
        return toArray(f(...inputs.map((other, j) => (j === k ? moved : other)))).reduce(
          (sum, y, i) => sum + y * contraction[i]!,
          0,
        );
      });
    const places =
      values.length <= probes
        ? values.map((_, i) => i)
        : Array.from({ length: probes }, () => random.integer(values.length));
    const numeric = places.map(
      (at) =>
        (8 * (contracted(at, step) - contracted(at, -step)) - (contracted(at, 2 * step) - contracted(at, -2 * step))) /
        (12 * step),
    );
    const gradient = toArray(analytic[k]!);
    expectClose(
      places.map((at) => gradient[at]!),
      numeric,
      { relative: 0, absolute: tolerance * Math.max(largest(numeric), 1e-3) },
      `gradient of input ${k}`,
    );
  });
  tf.dispose([output, dy, ...analytic]);
}
