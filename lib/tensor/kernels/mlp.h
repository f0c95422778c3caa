// y = x + fc2(GELU(fc1(norm(x)))): the half that transformer and Mixer blocks share, for a few rows at a time, forward and backward.
#pragma once
#include <vector>

#include "product.h"
#include "rows.h"

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

/** The transpose of weights [in, out], which carries gradients back. */
inline std::vector<float> Turned(const float* weight, int64_t in, int64_t out) {
  std::vector<float> turned(in * out);
  Transpose(in, out, {weight, out}, {turned.data(), in});
  return turned;
}

/** y = x · weight + bias + other, for rows without gaps. */
inline void Apply(int64_t rows, int64_t in, int64_t out, const float* x, const Affine<const float>& layer, const float* other, float* y) {
  Product(rows, out, in, {x, in, 1}, {layer.weight, out}, {y, out});
  if (layer.bias == nullptr && other == nullptr) return;
  for (int64_t r = 0; r < rows; ++r) AddRow(y + r * out, out, layer.bias, other == nullptr ? nullptr : other + r * out, y + r * out);
}

/** What dy brings to the weights and bias of such a layer, and to its input by way of the turned weights (not where null). */
inline void ApplyGrad(int64_t rows, int64_t in, int64_t out, const float* dy, const float* x, const float* turned, const Affine<float>& slope, float* dx) {
  Product(in, out, rows, {x, 1, in}, {dy, out}, {slope.weight, out}, true);
  if (slope.bias != nullptr)
    for (int64_t r = 0; r < rows; ++r) Accumulate(dy + r * out, out, slope.bias);
  Product(rows, in, out, {dy, out, 1}, {turned, in}, {dx, in});
}

/** Runs the half block on at most `rows` rows at once. */
class ResidualMlp {
 public:
  ResidualMlp(int64_t rows, const MlpSizes& s) : s_(s), normed_(rows * s.width), wide_(rows * s.hidden), slope_(rows * s.hidden), narrow_(rows * s.width) {}

  /** hidden [rows, hidden] gets what GELU is applied to, which Backward wants. */
  void Forward(int64_t rows, const float* x, const Affine<const float>& norm, const Affine<const float>& fc1, const Affine<const float>& fc2, float* hidden, float* y) {
    for (int64_t r = 0; r < rows; ++r) {
      const float* in = x + r * s_.width;
      Normalise(in, s_.width, MomentsOf(in, s_.width, s_.epsilon), norm.weight, norm.bias, normed_.data() + r * s_.width);
    }
    Apply(rows, s_.width, s_.hidden, normed_.data(), fc1, nullptr, hidden);
    Gelu(hidden, rows * s_.hidden, wide_.data());
    Apply(rows, s_.hidden, s_.width, wide_.data(), fc2, x, y);
  }

  /** turned1 and turned2: the transposes of the weights. dx may not be dy. */
  void Backward(int64_t rows, const float* dy, const float* x, const float* hidden, const Affine<const float>& norm, const float* turned1, const float* turned2,
                const Affine<float>& dnorm, const Affine<float>& dfc1, const Affine<float>& dfc2, float* dx) {
    // GELU's result is needed by the gradient of fc2's weights, and its slope by what goes further back.
    Product(rows, s_.hidden, s_.width, {dy, s_.width, 1}, {turned2, s_.hidden}, {slope_.data(), s_.hidden});
    GeluGrad(slope_.data(), hidden, rows * s_.hidden, wide_.data(), slope_.data());
    Product(s_.hidden, s_.width, rows, {wide_.data(), 1, s_.hidden}, {dy, s_.width}, {dfc2.weight, s_.width}, true);
    for (int64_t r = 0; r < rows; ++r) {
      const float* in = x + r * s_.width;
      Accumulate(dy + r * s_.width, s_.width, dfc2.bias);
      Normalise(in, s_.width, MomentsOf(in, s_.width, s_.epsilon), norm.weight, norm.bias, normed_.data() + r * s_.width);
    }
    ApplyGrad(rows, s_.width, s_.hidden, slope_.data(), normed_.data(), turned1, dfc1, narrow_.data());
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = r * s_.width;
      NormaliseGrad(narrow_.data() + at, x + at, s_.width, MomentsOf(x + at, s_.width, s_.epsilon), norm.weight, dy + at, dx + at, dnorm.weight, dnorm.bias);
    }
  }

 private:
  MlpSizes s_;
  std::vector<float> normed_, wide_, slope_, narrow_;
};

}  // namespace ofa
