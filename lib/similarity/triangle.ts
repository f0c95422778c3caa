/** The entries above the diagonal of a symmetric matrix [n, n], row by row: n (n − 1) / 2 numbers. */
export function upperTriangle(matrix: ArrayLike<number>, n: number): Float64Array {
  const triangle = new Float64Array((n * (n - 1)) / 2);
  for (let i = 0, at = 0; i < n; i++) for (let j = i + 1; j < n; j++) triangle[at++] = matrix[i * n + j]!;
  return triangle;
}

export function diagonal(matrix: ArrayLike<number>, n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]!);
}

/** Σ a_i b_i in float64. */
export function dot(a: Float64Array, b: Float64Array): number {
  // Four sums at a time keep the processor's units busy; an iterator would take ten times as long.
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = a.length - (a.length % 4);
  for (let i = 0; i < whole; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (let i = whole; i < a.length; i++) s0 += a[i]! * b[i]!;
  return s0 + s1 + s2 + s3;
}
