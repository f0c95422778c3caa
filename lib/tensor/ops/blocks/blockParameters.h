// The gradients of a block's parameters, which every thread adds to: one array with a place for each parameter.
#pragma once
#include <vector>

#include "simd/mlp.h"
#include "simd/parallel.h"

namespace ofa {

/** Weights and biases as they come: two inputs a layer, a bias of no elements where there is none. */
inline Affine<const float> LayerOf(const tensorflow::OpInputList& parameters, int layer) {
  const tensorflow::Tensor &weight = parameters[2 * layer], &bias = parameters[2 * layer + 1];
  return {weight.flat<float>().data(), bias.NumElements() == 0 ? nullptr : bias.flat<float>().data()};
}

/** The same, to be shared by many products. */
inline Layer SharedLayerOf(const tensorflow::OpInputList& parameters, int layer, bool bfloat16) {
  const tensorflow::Tensor& weight = parameters[2 * layer];
  const auto [data, bias] = LayerOf(parameters, layer);
  return {Weight(weight.dim_size(0), weight.dim_size(1), data, bfloat16), bias};
}

/** What carries gradients back through a layer. */
inline Turned TurnedLayerOf(const tensorflow::OpInputList& parameters, int layer, bool bfloat16) {
  const tensorflow::Tensor& weight = parameters[2 * layer];
  return Turned(weight.flat<float>().data(), weight.dim_size(0), weight.dim_size(1), bfloat16);
}

class BlockSlopes {
 public:
  explicit BlockSlopes(const tensorflow::OpInputList& parameters) : offsets_(1, 0) {
    for (int k = 0; k < parameters.size(); ++k) offsets_.push_back(offsets_.back() + parameters[k].NumElements());
  }

  int64_t size() const { return offsets_.back(); }

  /** The places of a layer's two gradients in such an array. */
  Affine<float> LayerOf(float* sums, int layer) const {
    const int k = 2 * layer;
    return {sums + offsets_[k], offsets_[k + 1] == offsets_[k + 2] ? nullptr : sums + offsets_[k + 1]};
  }

  absl::Status Write(const float* sums, const tensorflow::OpInputList& parameters,
                     tensorflow::OpOutputList* slopes) const {
    for (int k = 0; k < parameters.size(); ++k) {
      tensorflow::Tensor* slope;
      TF_RETURN_IF_ERROR(slopes->allocate(k, parameters[k].shape(), &slope));
      std::copy(sums + offsets_[k], sums + offsets_[k + 1], slope->flat<float>().data());
    }
    return absl::OkStatus();
  }

 private:
  std::vector<int64_t> offsets_;
};

}  // namespace ofa
