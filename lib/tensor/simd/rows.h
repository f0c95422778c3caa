// Operations on single rows of a matrix: layer normalisation, bias and GELU, forward and backward.
#pragma once
#include <cmath>
#include <cstdint>

#include "simd/elementary.h"

namespace ofa {

struct Moments {
  float mean, inverse_std;
};

/** The mean of a row and 1 / √(variance + ε). */
inline Moments MomentsOf(const float* x, int64_t width, float epsilon) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < width; ++i) sum += x[i];
  const float mean = sum / width;
  float square = 0;
#pragma omp simd reduction(+ : square)
  for (int64_t i = 0; i < width; ++i) square += (x[i] - mean) * (x[i] - mean);
  return {mean, 1.0f / std::sqrt(square / width + epsilon)};
}

/** y = (x − mean) · inverse_std · scale + offset. */
inline void Normalise(const float* x, int64_t width, const Moments& moments, const float* scale, const float* offset,
                      float* y) {
#pragma omp simd
  for (int64_t i = 0; i < width; ++i) y[i] = (x[i] - moments.mean) * moments.inverse_std * scale[i] + offset[i];
}

/** Inputs and outputs of the gradient of `Normalise`, each a row of `width` floats. */
struct NormaliseGradRow {
  const float *dy, *x, *scale;
  /** Added to dx; may be null. */
  const float* residual;
  float* dx;
  /** The gradients of scale and offset are added to these. */
  float *dscale, *doffset;
};

inline void NormaliseGrad(int64_t width, const Moments& moments, const NormaliseGradRow& row) {
  const auto [dy, x, scale, residual, dx, dscale, doffset] = row;
  const float mean = moments.mean, inverse = moments.inverse_std;
  float a = 0, b = 0;
#pragma omp simd reduction(+ : a, b)
  for (int64_t i = 0; i < width; ++i) {
    const float g = dy[i] * scale[i];
    a += g;
    b += g * (x[i] - mean);
  }
  a /= width;
  b *= inverse * inverse / width;
#pragma omp simd
  for (int64_t i = 0; i < width; ++i) {
    const float centred = x[i] - mean;
    const float d = inverse * (dy[i] * scale[i] - a - centred * b);
    dx[i] = residual == nullptr ? d : residual[i] + d;
    dscale[i] += dy[i] * centred * inverse;
    doffset[i] += dy[i];
  }
}

/** y = x + bias + residual; either may be null. */
inline void AddRow(const float* x, int64_t width, const float* bias, const float* residual, float* y) {
#pragma omp simd
  for (int64_t i = 0; i < width; ++i)
    y[i] = x[i] + (bias == nullptr ? 0.0f : bias[i]) + (residual == nullptr ? 0.0f : residual[i]);
}

/** total += x. */
inline void Accumulate(const float* x, int64_t width, float* total) {
#pragma omp simd
  for (int64_t i = 0; i < width; ++i) total[i] += x[i];
}

/** y = GELU(x). */
inline void Gelu(const float* x, int64_t width, float* y) {
#pragma omp simd
  for (int64_t i = 0; i < width; ++i) y[i] = x[i] * NormalDistribution(x[i]);
}

/** y = GELU(x), and dx = dy · GELU'(x). */
inline void GeluGrad(const float* dy, const float* x, int64_t width, float* y, float* dx) {
#pragma omp simd
  for (int64_t i = 0; i < width; ++i) {
    float distribution, density;
    Normal(x[i], &distribution, &density);
    y[i] = x[i] * distribution;
    dx[i] = dy[i] * (distribution + x[i] * density);
  }
}

}  // namespace ofa
