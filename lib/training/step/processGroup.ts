import { UserError } from '../../errors';
import type { Distillation } from '../../methods/method';
import type { NamedParameter } from '../../models/parameter';
import * as tf from '../../tensor/engine/tf';
import type { Gradients, MicroBatchRange } from './gradients';

/**
 * Processes that train one model: each differentiates some of a batch's micro-batches, and all make the same update.
 * They behave as the GPUs of the released code: batch norm and losses between examples see one micro-batch at a time.
 */
export interface Group {
  /** The number of this process, counted from 0. */
  readonly rank: number;
  /** The number of processes. */
  readonly size: number;
  /**
   * Sums the values over all processes, in place and in the order of ranks, so that every process has the same bits.
   */
  sum(values: Float32Array): Promise<void>;
}

/**
 * Returns the micro-batches that this process differentiates: all of them without a group. Throws a UserError if they
 * cannot be divided evenly, or if the method cannot be split across processes.
 */
export function microBatchesOf(
  accumulation: number,
  { scope, title }: Pick<Distillation, 'scope' | 'title'>,
  group: Group | undefined,
): MicroBatchRange {
  if (!group) return { first: 0, count: accumulation };
  if (scope === 'memory') {
    throw new UserError(
      `${title} cannot be trained by several processes: it keeps a memory of earlier micro-batches, ` +
        'and each process would keep a different one. Use one process.',
    );
  }
  const count = accumulation / group.size;
  if (!Number.isInteger(count)) {
    const parts = accumulation === 1 ? 'a batch that is not cut' : `${accumulation} micro-batches`;
    throw new UserError(
      `${group.size} processes cannot share ${parts}: the recipe's accumulation must be a multiple of ${group.size}.`,
    );
  }
  return { first: group.rank * count, count };
}

/**
 * Sums gradients and loss parts over all processes, and averages `buffers`, such as running means (timm's
 * `--dist-bn reduce`). Frees the gradients that it is given. Throws if the processes are not at the same step.
 */
export async function allReduce(
  { size, sum }: Group,
  { parts, gradients, logits }: Gradients,
  buffers: readonly NamedParameter[],
  step: number,
): Promise<Gradients> {
  const own = [...Object.values(gradients), ...buffers.map(([, { value }]) => value)];
  const flat = tf.tidy(() =>
    tf.concat1d([
      ...own.map((tensor) => tf.reshape<tf.Rank.R1>(tensor, [tensor.size])),
      tf.tensor1d([...Object.values(parts), step]),
    ]),
  );
  const values = flat.dataSync<'float32'>();
  tf.dispose([flat, Object.values(gradients)]);
  await sum(values);

  let position = 0;
  const next = (count: number): Float32Array => values.subarray(position, (position += count));
  const summed = Object.entries(gradients).map(
    ([path, { shape, size: count }]) => [path, tf.tensor(next(count), shape)] as const,
  );
  for (const [, { value, variable }] of buffers) {
    tf.tidy(() => variable.assign(tf.div(tf.tensor(next(value.size), value.shape), size)));
  }
  const sums = Object.keys(parts).map((name) => [name, next(1)[0]!] as const);
  if (next(1)[0] !== size * step) throw new Error(`the processes that train together are not all at step ${step}`);
  return { parts: Object.fromEntries(sums), gradients: Object.fromEntries(summed), logits };
}
