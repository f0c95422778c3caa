// What inputs must be before their numbers are read: what is not said here is not looked at again.
#pragma once
#include <initializer_list>
#include <string>

#include "tensorflow/core/framework/op_kernel.h"

namespace ofa {

/** An error unless an input has so many axes: no size of one that it lacks may be asked for. */
inline absl::Status HasRank(const tensorflow::Tensor& input, int rank, const char* name) {
  if (input.dims() == rank) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(name) + " " + input.shape().DebugString() + " does not have " +
                                    std::to_string(rank) + " axes");
}

/** An error unless an input has so many numbers. */
inline absl::Status HasCount(const tensorflow::Tensor& input, int64_t count, const char* name) {
  if (input.NumElements() == count) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(name) + " has " + std::to_string(input.NumElements()) +
                                    " numbers, and " + std::to_string(count) + " are wanted");
}

/** An error unless an input is rows of so many numbers. */
inline absl::Status HasRows(const tensorflow::Tensor& input, int64_t width, const char* name) {
  if (width > 0 && input.dims() > 0 && input.dim_size(input.dims() - 1) == width) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(name) + " " + input.shape().DebugString() + " is not of rows of " +
                                    std::to_string(width));
}

/** An error unless two inputs have the same shape. */
inline absl::Status IsAlike(const tensorflow::Tensor& input, const tensorflow::Tensor& other, const char* name) {
  if (input.shape() == other.shape()) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(name) + " is " + input.shape().DebugString() + " where " +
                                    other.shape().DebugString() + " is wanted");
}

/** The columns of a matrix; 0 where it is none. */
inline int64_t ColumnsOf(const tensorflow::Tensor& matrix) { return matrix.dims() == 2 ? matrix.dim_size(1) : 0; }

/** A layer of a block: a weight [in, out] and a bias [out], which may be missing unless it is `biased`; where `in` is 0
 * the scale and offset [out] of a norm. */
struct LayerSize {
  int64_t in, out;
  bool biased = false;
};

/** An error unless a block's input has so many axes, and its parameters are weight and bias of so many layers. */
inline absl::Status IsBlock(const tensorflow::Tensor& x, int rank, const tensorflow::OpInputList& parameters,
                            int layers) {
  if (parameters.size() != 2 * layers)
    return absl::InvalidArgumentError("a block has weight and bias of " + std::to_string(layers) + " layers");
  return HasRank(x, rank, "x");
}

/** An error unless parameters are weight and bias of such layers, in order. */
inline absl::Status AreLayers(const tensorflow::OpInputList& parameters, std::initializer_list<LayerSize> sizes) {
  int at = 0;
  for (const auto& [in, out, biased] : sizes) {
    const tensorflow::Tensor &weight = parameters[at], &bias = parameters[at + 1];
    const std::string name = "layer " + std::to_string(at / 2);
    const tensorflow::TensorShape wanted =
        in == 0 ? tensorflow::TensorShape({out}) : tensorflow::TensorShape({in, out});
    if (weight.shape() != wanted)
      return absl::InvalidArgumentError("the weight of " + name + " is " + weight.shape().DebugString() + " where " +
                                        wanted.DebugString() + " is wanted");
    if (bias.NumElements() != out && (bias.NumElements() != 0 || in == 0 || biased))
      return HasCount(bias, out, ("the bias of " + name).c_str());
    at += 2;
  }
  return absl::OkStatus();
}

}  // namespace ofa
