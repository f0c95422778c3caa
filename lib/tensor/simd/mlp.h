// y = x + fc2(GELU(fc1(norm(x)))): the half that transformer and Mixer blocks share, for a few rows at a time, forward
// and backward.
#pragma once
#include <vector>

#include "simd/multiplier.h"
#include "simd/rows.h"

namespace ofa {

/** Weights [in, out] and bias [out] (null where there is none), or the places where their gradients are added up. */
template <typename Float>
struct Affine {
  Float *weight, *bias;
};

struct MlpSizes {
  int64_t width, hidden;
  float epsilon;
};

/** A layer whose weights many products share. */
struct Layer {
  Weight weight;
  const float* bias;
};

/** The transpose of weights [in, out], which carries gradients back. */
struct Turned {
  Turned(const float* data, int64_t in, int64_t out, bool bfloat16)
      : floats(Transposed(data, in, out)), weight(out, in, floats.data(), bfloat16) {}

  static Buffer<float> Transposed(const float* data, int64_t in, int64_t out) {
    Buffer<float> turned(in * out);
    Transpose(in, out, {data, out}, {turned.data(), in});
    return turned;
  }

  Buffer<float> floats;
  Weight weight;
};

/** y = x · weight + bias + other, for rows without gaps. */
inline void Apply(Multiplier& multiply, int64_t rows, int64_t in, int64_t out, const float* x, const Layer& layer,
                  const float* other, float* y) {
  multiply(rows, out, in, {x, in, 1}, layer.weight, {y, out});
  if (layer.bias == nullptr && other == nullptr) return;
  for (int64_t r = 0; r < rows; ++r)
    AddRow(y + r * out, out, layer.bias, other == nullptr ? nullptr : other + r * out, y + r * out);
}

/** What dy brings to the weights and bias of such a layer, and to its input by way of the turned weights. */
inline void ApplyGrad(Multiplier& multiply, int64_t rows, int64_t in, int64_t out, const float* dy, const float* x,
                      const Turned& turned, const Affine<float>& slope, float* dx) {
  multiply(in, out, rows, {x, 1, in}, {dy, out}, {slope.weight, out}, true);
  if (slope.bias != nullptr)
    for (int64_t r = 0; r < rows; ++r) Accumulate(dy + r * out, out, slope.bias);
  multiply(rows, in, out, {dy, out, 1}, turned.weight, {dx, in});
}

/** The layer norm of each of some rows without gaps. */
inline void NormaliseRows(int64_t rows, int64_t width, float epsilon, const float* x, const Affine<const float>& norm,
                          float* y) {
  for (int64_t r = 0; r < rows; ++r, x += width, y += width)
    Normalise(x, width, MomentsOf(x, width, epsilon), norm.weight, norm.bias, y);
}

/** Its gradient to x, beside what `skip` brings to it, and what it adds to those of weight and bias. */
inline void NormaliseRowsGrad(int64_t rows, int64_t width, float epsilon, const float* dy, const float* x,
                              const Affine<const float>& norm, const float* skip, float* dx,
                              const Affine<float>& slope) {
  for (int64_t at = 0; at < rows * width; at += width)
    NormaliseGrad(dy + at, x + at, width, MomentsOf(x + at, width, epsilon), norm.weight, skip + at, dx + at,
                  slope.weight, slope.bias);
}

/** Runs the half block on at most `rows` rows at once. */
class ResidualMlp {
 public:
  ResidualMlp(int64_t rows, const MlpSizes& s, Multiplier& multiply)
      : s_(s),
        multiply_(multiply),
        normed_(rows * s.width),
        wide_(rows * s.hidden),
        slope_(rows * s.hidden),
        narrow_(rows * s.width) {}

  /** hidden [rows, hidden] gets what GELU is applied to, which Backward wants. */
  void Forward(int64_t rows, const float* x, const Affine<const float>& norm, const Layer& fc1, const Layer& fc2,
               float* hidden, float* y) {
    NormaliseRows(rows, s_.width, s_.epsilon, x, norm, normed_.data());
    Apply(multiply_, rows, s_.width, s_.hidden, normed_.data(), fc1, nullptr, hidden);
    Gelu(hidden, rows * s_.hidden, wide_.data());
    Apply(multiply_, rows, s_.hidden, s_.width, wide_.data(), fc2, x, y);
  }

  /** turned1 and turned2: the transposes of the weights. dx may not be dy. */
  void Backward(int64_t rows, const float* dy, const float* x, const float* hidden, const Affine<const float>& norm,
                const Turned& turned1, const Turned& turned2, const Affine<float>& dnorm, const Affine<float>& dfc1,
                const Affine<float>& dfc2, float* dx) {
    // GELU's result is needed by the gradient of fc2's weights, and its slope by what goes further back.
    multiply_(rows, s_.hidden, s_.width, {dy, s_.width, 1}, turned2.weight, {slope_.data(), s_.hidden});
    GeluGrad(slope_.data(), hidden, rows * s_.hidden, wide_.data(), slope_.data());
    multiply_(s_.hidden, s_.width, rows, {wide_.data(), 1, s_.hidden}, {dy, s_.width}, {dfc2.weight, s_.width}, true);
    if (dfc2.bias != nullptr)
      for (int64_t r = 0; r < rows; ++r) Accumulate(dy + r * s_.width, s_.width, dfc2.bias);
    NormaliseRows(rows, s_.width, s_.epsilon, x, norm, normed_.data());
    ApplyGrad(multiply_, rows, s_.width, s_.hidden, slope_.data(), normed_.data(), turned1, dfc1, narrow_.data());
    NormaliseRowsGrad(rows, s_.width, s_.epsilon, narrow_.data(), x, norm, dy, dx, dnorm);
  }

 private:
  MlpSizes s_;
  Multiplier& multiply_;
  Buffer<float> normed_, wide_, slope_, narrow_;
};

}  // namespace ofa
