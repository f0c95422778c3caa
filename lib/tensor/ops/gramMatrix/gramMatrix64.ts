import { withFloat64 } from '../../engine/execute64';
import * as tf from '../../engine/tf';

/** Columns per product: the float64 copy of one block of columns is all that is held beside x. */
const blockColumns = 8192;

/** x xᵀ in float64. x [rows, columns]; returns [rows · rows]. Not differentiable. */
export function gramMatrix64(x: tf.Tensor2D): Float64Array {
  return nativeGram(x) ?? plainGram(x);
}

function nativeGram(x: tf.Tensor2D): Float64Array | undefined {
  const [rows, columns] = x.shape;
  return withFloat64((ops) => {
    let sum: ReturnType<typeof ops.gram> | undefined;
    for (let start = 0; start < columns; start += blockColumns) {
      const block = tf.slice(x, [0, start], [rows, Math.min(blockColumns, columns - start)]);
      const wide = ops.cast(block);
      block.dispose();
      const gram = ops.gram(wide);
      ops.free(wide);
      const before = sum;
      sum = before ? ops.add(before, gram) : gram;
      if (before) [before, gram].forEach(ops.free);
    }
    return sum ? ops.read(sum) : new Float64Array(rows * rows);
  });
}

function plainGram(x: tf.Tensor2D): Float64Array {
  const [rows, columns] = x.shape;
  const values = Float64Array.from(x.dataSync());
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = i; j < rows; j++) {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += values[i * columns + k]! * values[j * columns + k]!;
      gram[i * rows + j] = gram[j * rows + i] = sum;
    }
  }
  return gram;
}
