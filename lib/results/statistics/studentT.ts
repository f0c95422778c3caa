/**
 * Probability that |t| is below `value` for Student's t with `freedom` degrees of freedom
 * (Abramowitz and Stegun, 26.7.3 and 26.7.4).
 */
export function studentWithin(value: number, freedom: number): number {
  const angle = Math.atan(value / Math.sqrt(freedom));
  const cosine2 = Math.cos(angle) ** 2;
  const odd = freedom % 2 === 1;
  let term = odd ? Math.cos(angle) : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= freedom - 2; k += 2) {
    term *= (cosine2 * (k - 1)) / k;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}

/**
 * Quantile of Student's t, found by bisection. `probability` must be above ½; `freedom` (degrees of freedom) is an
 * integer of at least 1.
 */
export function studentQuantile(probability: number, freedom: number): number {
  const within = 2 * probability - 1;
  let low = 0;
  let high = 1;
  while (studentWithin(high, freedom) < within) high *= 2;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (studentWithin(middle, freedom) < within) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
