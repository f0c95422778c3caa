import { UserError } from '../errors';
import type { Random } from '../tensor/random';

/** Draws examples of other classes. */
export interface Negatives {
  /**
   * Returns [indices, 1 + count] in rows: each index, followed by `count` examples of other classes. They are all
   * different, unless the other classes have fewer than `count` examples.
   */
  draw(indices: Uint32Array, count: number, random: Random): Int32Array;
}

/** Creates a sampler for examples with these classes. Throws a UserError if all of them have the same class. */
export function negatives(labels: ArrayLike<number>): Negatives {
  const sizes = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) sizes.set(labels[i]!, (sizes.get(labels[i]!) ?? 0) + 1);
  if (sizes.size < 2) {
    throw new UserError(
      'CRD contrasts an example with examples of other classes, and all training images have the same class.',
    );
  }
  const pool = new Uint32Array(labels.length);
  return {
    draw(indices, count, random) {
      for (let i = 0; i < pool.length; i++) pool[i] = i;
      const rows = new Int32Array(indices.length * (count + 1));
      indices.forEach((index, row) => {
        const label = labels[index]!;
        const withRepeats = count > labels.length - sizes.get(label)!;
        const first = row * (count + 1);
        rows[first] = index;
        // A Fisher-Yates shuffle that stops early. It may start from the order that earlier rows left.
        for (let to = first + 1, position = 0; to <= first + count; position++) {
          const from = withRepeats ? random.integer(pool.length) : position + random.integer(pool.length - position);
          const drawn = pool[from]!;
          if (!withRepeats) {
            pool[from] = pool[position]!;
            pool[position] = drawn;
          }
          if (labels[drawn] !== label) rows[to++] = drawn;
        }
      });
      return rows;
    },
  };
}
