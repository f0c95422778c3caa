import { UserError } from '../errors';
import type { Random } from '../tensor/random';

/** Draws examples of other classes. */
export interface Negatives {
  /** Row after row, each index and then `count` examples of other classes: all different, unless there are too few. */
  draw(indices: Uint32Array, count: number, random: Random): Int32Array;
}

/** A sampler over a set whose examples have these classes. Throws a UserError where there is one class only. */
export function negatives(labels: ArrayLike<number>): Negatives {
  const sizes = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) sizes.set(labels[i]!, (sizes.get(labels[i]!) ?? 0) + 1);
  if (sizes.size < 2)
    throw new UserError(
      'CRD contrasts an example with those of other classes, and all training images are of one class.',
    );
  const pool = new Uint32Array(labels.length);
  return {
    draw(indices, count, random) {
      for (let i = 0; i < pool.length; i++) pool[i] = i;
      const rows = new Int32Array(indices.length * (count + 1));
      indices.forEach((index, row) => {
        const label = labels[index]!;
        const repeat = count > labels.length - sizes.get(label)!;
        const first = row * (count + 1);
        rows[first] = index;
        // A shuffle that stops early (Fisher and Yates); what the rows before left shuffled is as good a start as any.
        for (let to = first + 1, place = 0; to <= first + count; place++) {
          const from = repeat ? random.integer(pool.length) : place + random.integer(pool.length - place);
          const drawn = pool[from]!;
          if (!repeat) {
            pool[from] = pool[place]!;
            pool[place] = drawn;
          }
          if (labels[drawn] !== label) rows[to++] = drawn;
        }
      });
      return rows;
    },
  };
}
