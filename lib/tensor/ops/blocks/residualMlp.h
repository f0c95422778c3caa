// The layers of residual blocks on a few rows at a time, forward and backward, and the half that transformer and Mixer
// blocks share: y = x + fc2(GELU(fc1(norm(x)))).
#pragma once
#include "ops/blocks/blockParameters.h"
#include "simd/multiplier.h"
#include "simd/rows.h"

namespace ofa {

/** y = x · weight + bias + residual, for rows without gaps; the residual may be null. */
inline void ApplyLinear(Multiplier& multiply, int64_t rows, const LinearLayer& layer, const float* x,
                        const float* residual, float* y) {
  const int64_t in = layer.in, out = layer.out;
  multiply({rows, out, in}, {x, in, 1}, layer.weight, {y, out});
  if (layer.bias == nullptr && residual == nullptr) return;
  for (int64_t r = 0; r < rows; ++r)
    AddRow(y + r * out, out, layer.bias, residual == nullptr ? nullptr : residual + r * out, y + r * out);
}

/** Rows that a layer's gradient reads and writes. */
struct LinearGradRows {
  const float *dy, *x;
  float* dx;
};

/** Computes dx, and adds to the gradients of weight and bias. */
inline void ApplyLinearGrad(Multiplier& multiply, int64_t rows, const TransposedWeight& weight,
                            const LinearGradRows& data, const LayerParameters<float>& grads) {
  const int64_t in = weight.in, out = weight.out;
  multiply({in, out, rows}, {data.x, 1, in}, {data.dy, out}, {grads.weight, out}, Store::kAdd);
  if (grads.bias != nullptr)
    for (int64_t r = 0; r < rows; ++r) Accumulate(data.dy + r * out, out, grads.bias);
  multiply({rows, in, out}, {data.dy, out, 1}, weight.factor, {data.dx, in});
}

/** Layer normalisation of rows without gaps. */
struct RowNorm {
  int64_t width;
  float epsilon;
  LayerParameters<const float> parameters;

  void Forward(int64_t rows, const float* x, float* y) const {
    for (int64_t r = 0; r < rows; ++r, x += width, y += width)
      Normalise(x, width, MomentsOf(x, width, epsilon), parameters.weight, parameters.bias, y);
  }

  struct GradRows {
    const float *dy, *x;
    /** Added to dx. */
    const float* residual;
    float* dx;
  };

  /** Computes dx, and adds to the gradients of scale and offset. */
  void Backward(int64_t rows, const GradRows& data, const LayerParameters<float>& grads) const {
    for (int64_t at = 0; at < rows * width; at += width) {
      const float* x = data.x + at;
      NormaliseGrad(width, MomentsOf(x, width, epsilon),
                    {data.dy + at, x, parameters.weight, data.residual + at, data.dx + at, grads.weight, grads.bias});
    }
  }
};

/** Runs this half of a block on at most `max_rows` rows at a time. */
class ResidualMlp {
 public:
  ResidualMlp(int64_t max_rows, int64_t width, int64_t hidden, Multiplier& multiply)
      : width_(width),
        hidden_(hidden),
        multiply_(multiply),
        normed_(max_rows * width),
        activated_(max_rows * hidden),
        hidden_grad_(max_rows * hidden),
        normed_grad_(max_rows * width) {}

  struct Layers {
    const RowNorm& norm;
    const LinearLayer &fc1, &fc2;
  };

  /** `hidden` [rows, hidden] receives the input of GELU, which Backward needs. */
  void Forward(int64_t rows, const Layers& layers, const float* x, float* hidden, float* y) {
    layers.norm.Forward(rows, x, normed_.data());
    ApplyLinear(multiply_, rows, layers.fc1, normed_.data(), nullptr, hidden);
    Gelu(hidden, rows * hidden_, activated_.data());
    ApplyLinear(multiply_, rows, layers.fc2, activated_.data(), x, y);
  }

  struct TransposedLayers {
    const RowNorm& norm;
    const TransposedWeight &fc1, &fc2;
  };

  struct GradRows {
    const float *dy, *x;
    /** From Forward. */
    const float* hidden;
    /** Not the memory of dy. */
    float* dx;
  };

  struct Grads {
    LayerParameters<float> norm, fc1, fc2;
  };

  /** Computes dx, and adds to the gradients of the parameters. */
  void Backward(int64_t rows, const TransposedLayers& layers, const GradRows& data, const Grads& grads) {
    // The gradient of fc2's weight needs the output of GELU, what goes further back its derivative.
    float *activated = activated_.data(), *hidden_grad = hidden_grad_.data();
    multiply_({rows, hidden_, width_}, {data.dy, width_, 1}, layers.fc2.factor, {hidden_grad, hidden_});
    GeluGrad(hidden_grad, data.hidden, rows * hidden_, activated, hidden_grad);
    multiply_({hidden_, width_, rows}, {activated, 1, hidden_}, {data.dy, width_}, {grads.fc2.weight, width_},
              Store::kAdd);
    if (grads.fc2.bias != nullptr)
      for (int64_t r = 0; r < rows; ++r) Accumulate(data.dy + r * width_, width_, grads.fc2.bias);
    layers.norm.Forward(rows, data.x, normed_.data());
    ApplyLinearGrad(multiply_, rows, layers.fc1, {hidden_grad, normed_.data(), normed_grad_.data()}, grads.fc1);
    layers.norm.Backward(rows, {normed_grad_.data(), data.x, data.dy, data.dx}, grads.norm);
  }

 private:
  int64_t width_, hidden_;
  Multiplier& multiply_;
  Buffer<float> normed_, activated_, hidden_grad_, normed_grad_;
};

}  // namespace ofa
