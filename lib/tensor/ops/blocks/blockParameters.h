// The parameters of a residual block, as the inputs of its op, and the sums of their gradients.
#pragma once
#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include "simd/checks.h"
#include "simd/multiplier.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace ofa {

/**
 * Weight [in, out] and bias [out] of a linear layer, or scale and offset [width] of a norm; or the memory in which
 * their gradients are summed. The bias is null if the layer has none.
 */
template <typename Float>
struct LayerParameters {
  Float *weight, *bias;
};

/** A linear layer whose weight many products share. */
struct LinearLayer {
  int64_t in, out;
  SharedFactor weight;
  const float* bias;
};

/**
 * A block has two inputs for each layer, in the order in which the data passes them; a missing bias is an input without
 * elements.
 */
inline LayerParameters<const float> ParametersOf(const tensorflow::OpInputList& inputs, int layer) {
  const tensorflow::Tensor &weight = inputs[2 * layer], &bias = inputs[2 * layer + 1];
  return {weight.flat<float>().data(), bias.NumElements() == 0 ? nullptr : bias.flat<float>().data()};
}

inline LinearLayer LinearLayerOf(const tensorflow::OpInputList& inputs, int layer, bool bfloat16) {
  const tensorflow::Tensor& weight = inputs[2 * layer];
  const int64_t in = weight.dim_size(0), out = weight.dim_size(1);
  const auto [data, bias] = ParametersOf(inputs, layer);
  return {in, out, SharedFactor(in, out, data, bfloat16), bias};
}

inline TransposedWeight TransposedWeightOf(const tensorflow::OpInputList& inputs, int layer, bool bfloat16) {
  const tensorflow::Tensor& weight = inputs[2 * layer];
  return TransposedWeight(weight.flat<float>().data(), weight.dim_size(0), weight.dim_size(1), bfloat16);
}

/** The columns of a weight; 0 if it is not a matrix. */
inline int64_t ColumnsOf(const tensorflow::Tensor& weight) { return weight.dims() == 2 ? weight.dim_size(1) : 0; }

/** The expected shape of a layer: a weight [in, out] and a bias [out]; a norm has in = 0. */
struct LayerShape {
  int64_t in, out;
  bool needs_bias = false;
};

inline absl::Status CheckBlock(const tensorflow::Tensor& x, int rank, const tensorflow::OpInputList& inputs,
                               int layers) {
  if (inputs.size() != 2 * layers)
    return absl::InvalidArgumentError("the block needs the weight and bias of " + std::to_string(layers) +
                                      " layers, but has " + std::to_string(inputs.size()) + " parameters");
  return CheckRank(x, rank, "x");
}

inline absl::Status CheckLayers(const tensorflow::OpInputList& inputs, std::initializer_list<LayerShape> shapes) {
  int at = 0;
  for (const auto& [in, out, needs_bias] : shapes) {
    const tensorflow::Tensor &weight = inputs[at], &bias = inputs[at + 1];
    const std::string layer = "layer " + std::to_string(at / 2);
    const bool is_norm = in == 0;
    const tensorflow::TensorShape shape = is_norm ? tensorflow::TensorShape({out}) : tensorflow::TensorShape({in, out});
    if (weight.shape() != shape)
      return absl::InvalidArgumentError("the weight of " + layer + " has shape " + weight.shape().DebugString() +
                                        ", but must have " + shape.DebugString());
    if (bias.NumElements() != out && (bias.NumElements() != 0 || is_norm || needs_bias))
      return CheckSize(bias, out, "the bias of " + layer);
    at += 2;
  }
  return absl::OkStatus();
}

/** The layout of the gradients of all parameters in one array, which each thread sums for itself. */
class BlockGrads {
 public:
  explicit BlockGrads(const tensorflow::OpInputList& inputs) : offsets_(1, 0) {
    for (int k = 0; k < inputs.size(); ++k) offsets_.push_back(offsets_.back() + inputs[k].NumElements());
  }

  int64_t size() const { return offsets_.back(); }

  /** Where in `sums` the gradients of a layer are. */
  LayerParameters<float> LayerOf(float* sums, int layer) const {
    const int k = 2 * layer;
    return {sums + offsets_[k], offsets_[k + 1] == offsets_[k + 2] ? nullptr : sums + offsets_[k + 1]};
  }

  /** Copies the sums to the outputs of the op. */
  absl::Status Write(const float* sums, const tensorflow::OpInputList& inputs,
                     tensorflow::OpOutputList* outputs) const {
    for (int k = 0; k < inputs.size(); ++k) {
      tensorflow::Tensor* grad;
      TF_RETURN_IF_ERROR(outputs->allocate(k, inputs[k].shape(), &grad));
      std::copy(sums + offsets_[k], sums + offsets_[k + 1], grad->flat<float>().data());
    }
    return absl::OkStatus();
  }

 private:
  std::vector<int64_t> offsets_;
};

}  // namespace ofa
