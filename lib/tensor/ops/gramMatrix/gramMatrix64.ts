import type * as tf from '../../engine/tf';

/** x xᵀ in float64. x [rows, columns]; returns [rows · rows]. */
export function gramMatrix64(x: tf.Tensor2D): Float64Array {
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
