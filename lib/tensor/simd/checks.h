// Checks of an op's inputs. Kernels do not check again before they read memory.
#pragma once
#include <string>

#include "tensorflow/core/framework/op_kernel.h"

namespace ofa {

inline absl::Status CheckRank(const tensorflow::Tensor& input, int rank, const char* name) {
  if (input.dims() == rank) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(name) + " has shape " + input.shape().DebugString() +
                                    ", but must have " + std::to_string(rank) + " dimensions");
}

inline absl::Status CheckSize(const tensorflow::Tensor& input, int64_t size, const std::string& name) {
  if (input.NumElements() == size) return absl::OkStatus();
  return absl::InvalidArgumentError(name + " has " + std::to_string(input.NumElements()) + " elements, but must have " +
                                    std::to_string(size));
}

/** The last dimension must be `width`, above 0. */
inline absl::Status CheckRowWidth(const tensorflow::Tensor& input, int64_t width, const char* name) {
  if (width > 0 && input.dims() > 0 && input.dim_size(input.dims() - 1) == width) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(name) + " has shape " + input.shape().DebugString() +
                                    ", but its last dimension must be " + std::to_string(width));
}

inline absl::Status CheckSameShape(const tensorflow::Tensor& input, const tensorflow::Tensor& expected,
                                   const char* name) {
  if (input.shape() == expected.shape()) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(name) + " has shape " + input.shape().DebugString() +
                                    ", but must have " + expected.shape().DebugString());
}

}  // namespace ofa
