// Lists of tensors as the inputs of an optimizer's op, and its outputs: one tensor for each parameter of the network.
#pragma once
#include <string>

#include "simd/checks.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace ofa {

inline absl::Status CheckSameShapes(const tensorflow::OpInputList& list, const tensorflow::OpInputList& values,
                                    const char* name) {
  for (int k = 0; k < values.size(); ++k) TF_RETURN_IF_ERROR(CheckSameShape(list[k], values[k], name));
  return absl::OkStatus();
}

/** An output of the same shape as the parameter. */
inline absl::Status AllocateLike(const tensorflow::OpInputList& values, int k, tensorflow::OpOutputList& outputs,
                                 float** data) {
  tensorflow::Tensor* output;
  TF_RETURN_IF_ERROR(outputs.allocate(k, values[k].shape(), &output));
  *data = output->flat<float>().data();
  return absl::OkStatus();
}

inline const float* FloatsOf(const tensorflow::OpInputList& list, int k) { return list[k].flat<float>().data(); }

}  // namespace ofa
