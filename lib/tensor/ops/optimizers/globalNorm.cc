// Σ g² over all gradients, in double precision, for clipping by the global norm.
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace ofa {
using namespace tensorflow;

REGISTER_OP("OfaSquaredNorm")
    .Input("grads: N * float")
    .Output("norm: float")
    .Attr("N: int >= 1")
    .SetShapeFn(shape_inference::ScalarShape);

class SquaredNorm : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    OpInputList grads;
    OP_REQUIRES_OK(c, c->input_list("grads", &grads));
    Tensor* norm;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({}), &norm));
    double total = 0;
    for (int k = 0; k < grads.size(); ++k) {
      const float* g = grads[k].flat<float>().data();
      double sum = 0;
      const int64_t size = grads[k].NumElements();
#pragma omp simd reduction(+ : sum)
      for (int64_t i = 0; i < size; ++i) sum += static_cast<double>(g[i]) * g[i];
      total += sum;
    }
    norm->scalar<float>()() = static_cast<float>(total);
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaSquaredNorm").Device(DEVICE_CPU), SquaredNorm);

}  // namespace ofa
