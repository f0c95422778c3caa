import { UserError } from '../../errors';
import type { Distillation } from '../../methods/method';
import type { NamedParameter } from '../../models/parameter';
import * as tf from '../../tensor/engine/tf';
import type { Gradients } from './gradients';

/**
 * Processes that train one model: each differentiates its share of a batch's micro-batches, and all take the same step. They are to
 * each other what the reference's GPUs are: batch norm and losses between examples see a micro-batch alone.
 */
export interface Group {
  /** This process's number, from 0, and how many there are. */
  readonly rank: number;
  readonly size: number;
  /** Sums the values over all processes, in place and in the order of their ranks, so that each has the very same bits. */
  sum(values: Float32Array): Promise<void>;
}

/** Some micro-batches of a batch: which comes first, and how many they are. */
export interface Share {
  readonly first: number;
  readonly count: number;
}

/** The share of a process. Throws a UserError where the micro-batches cannot be shared out evenly, or the method cannot be shared at all. */
export function shareOf(pieces: number, distillation: Distillation, group: Group | undefined): Share {
  if (!group) return { first: 0, count: pieces };
  if (distillation.scope === 'memory') {
    throw new UserError(
      `${distillation.title} cannot be trained by several processes: it keeps a memory of earlier micro-batches, and each ` +
        'process would keep a different one. Use one process.',
    );
  }
  const count = pieces / group.size;
  if (!Number.isInteger(count)) {
    throw new UserError(
      `${group.size} processes cannot share ${pieces === 1 ? 'a batch that is not cut' : `${pieces} micro-batches`}: the recipe's accumulation must be a multiple of ${group.size}.`,
    );
  }
  return { first: group.rank * count, count };
}

/**
 * The sums of all processes' gradients and loss parts, and in `buffers`, such as running means, the averages (timm's
 * `--dist-bn reduce`). Frees what it is given. Throws where the processes are not at the same step.
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
  let at = 0;
  const next = (count: number): Float32Array => values.subarray(at, (at += count));
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
