/** The order of examples: example i becomes example `order[i]`. */
export type Order = ArrayLike<number>;

/**
 * Returns the position before the permutation of each entry of a permuted matrix, whose row and column i are those of
 * `order[i]` before. Matrices are upper triangles, followed by their diagonal if `length` is n (n + 1) / 2.
 */
export function permutedPositions(order: Order, n: number, length: number): Int32Array {
  const starts = Int32Array.from({ length: n }, (_, i) => (i * (2 * n - i - 1)) / 2 - i - 1);
  const positions = new Int32Array(length);
  let at = 0;
  for (let i = 0; i < n; i++) {
    const row = order[i]!;
    for (let j = i + 1; j < n; j++) {
      const column = order[j]!;
      positions[at++] = row < column ? starts[row]! + column : starts[column]! + row;
    }
  }
  const triangle = at;
  for (; at < length; at++) positions[at] = triangle + order[at - triangle]!;
  return positions;
}
