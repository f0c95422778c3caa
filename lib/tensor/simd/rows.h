// What acts on each row of a matrix by itself: layer norm, bias and GELU, forward and backward.
#pragma once
#include "simd/elementary.h"

namespace ofa {

struct Moments {
  float mean, inverse;
};

/** A row's mean and 1 / sqrt(variance + ε). */
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

/** y = (x − mean) · inverse · scale + offset. */
inline void Normalise(const float* x, int64_t width, const Moments& moments, const float* scale, const float* offset,
                      float* y) {
#pragma omp simd
  for (int64_t i = 0; i < width; ++i) y[i] = (x[i] - moments.mean) * moments.inverse * scale[i] + offset[i];
}

/** The gradient of Normalise to x (beside what `skip` brings to it, if anything), and what it adds to those of scale
 * and offset. */
inline void NormaliseGrad(const float* dy, const float* x, int64_t width, const Moments& moments, const float* scale,
                          const float* skip, float* dx, float* dscale, float* doffset) {
  const float mean = moments.mean, inverse = moments.inverse;
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
    dx[i] = skip == nullptr ? d : skip[i] + d;
    dscale[i] += dy[i] * centred * inverse;
    doffset[i] += dy[i];
  }
}

/** y = x + bias (none where null) + other (none where null). */
inline void AddRow(const float* x, int64_t width, const float* bias, const float* other, float* y) {
#pragma omp simd
  for (int64_t i = 0; i < width; ++i)
    y[i] = x[i] + (bias == nullptr ? 0.0f : bias[i]) + (other == nullptr ? 0.0f : other[i]);
}

/** total += x. */
inline void Accumulate(const float* x, int64_t width, float* total) {
#pragma omp simd
  for (int64_t i = 0; i < width; ++i) total[i] += x[i];
}

/** y = GELU(x). */
inline void Gelu(const float* x, int64_t width, float* y) {
#pragma omp simd
  for (int64_t i = 0; i < width; ++i) y[i] = x[i] * Distribution(x[i]);
}

/** y = GELU(x) once more, and dx = dy · GELU'(x). */
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
