// Functions of one number in plain arithmetic, always inlined, so that the compiler vectorises loops over them.
#pragma once
#include <cmath>
#include <cstdint>

namespace ofa {

/** e^x for x ≤ 0, within two units in the last place. */
[[gnu::always_inline]] inline float NegativeExp(float x) {
  x = x < -87.0f ? -87.0f : x;
  const float n = std::floor(x * 1.44269504f + 0.5f);
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  union {
    int32_t i;
    float f;
  } power;
  power.i = (static_cast<int32_t>(n) + 127) << 23;
  return p * power.f;
}

/** The standard normal distribution Φ(x) and its density φ(x), within 1.5e-7 (Abramowitz and Stegun 7.1.26). */
[[gnu::always_inline]] inline void Normal(float x, float* distribution, float* density) {
  const float e = NegativeExp(-0.5f * x * x);
  const float t = 1.0f / (1.0f + 0.3275911f * 0.70710678f * std::abs(x));
  const float tail =
      0.5f * e * t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
  *distribution = 0.5f + std::copysign(0.5f - tail, x);
  *density = 0.39894228f * e;
}

/**
 * Φ(x) = (1 + erf(x / √2)) / 2 within 2e-7, without an exponential: erf is a quotient of two polynomials, with Eigen's
 * coefficients.
 */
[[gnu::always_inline]] inline float NormalDistribution(float x) {
  float z = 0.70710678f * x;
  z = z < -4.0f ? -4.0f : z > 4.0f ? 4.0f : z;
  const float s = z * z;
  const float numerator =
      -1.60960333e-02f +
      s * (-2.95459981e-03f +
           s * (-7.34990630e-04f +
                s * (-5.69250639e-05f + s * (-2.10102402e-06f + s * (2.77068142e-08f + s * -2.72614226e-10f)))));
  const float denominator =
      -1.42647390e-02f +
      s * (-7.37332917e-03f + s * (-1.68282697e-03f + s * (-2.13374055e-04f + s * -1.45660718e-05f)));
  return 0.5f + 0.5f * (z * numerator / denominator);
}

}  // namespace ofa
