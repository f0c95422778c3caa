// What inputs must be before their numbers are read: what is not said here is not looked at again.
#pragma once
#include <string>

#include "tensorflow/core/framework/op_kernel.h"

namespace ofa {

/** An error unless an input has so many numbers. */
inline absl::Status HasCount(const tensorflow::Tensor& input, int64_t count, const char* name) {
  if (input.NumElements() == count) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(name) + " has " + std::to_string(input.NumElements()) + " numbers, and " + std::to_string(count) + " are wanted");
}

/** An error unless an input is rows of so many numbers. */
inline absl::Status HasRows(const tensorflow::Tensor& input, int64_t width, const char* name) {
  if (width > 0 && input.dims() > 0 && input.dim_size(input.dims() - 1) == width) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(name) + " " + input.shape().DebugString() + " is not of rows of " + std::to_string(width));
}

/** An error unless two inputs have the same shape. */
inline absl::Status IsAlike(const tensorflow::Tensor& input, const tensorflow::Tensor& other, const char* name) {
  if (input.shape() == other.shape()) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(name) + " is " + input.shape().DebugString() + " where " + other.shape().DebugString() + " is wanted");
}

}  // namespace ofa
