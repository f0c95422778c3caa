// Batch normalisation by running averages with the residual and the cut that follow it, in one pass over memory:
// y = min(max(scale · (x − mean) / √(variance + ε) + offset + residual, floor), ceiling).
#include <cmath>

#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

REGISTER_OP("OfaBatchNormEval")
    .Input("x: float")
    .Input("scale: float")
    .Input("offset: float")
    .Input("mean: float")
    .Input("variance: float")
    .Input("residual: N * float")
    .Output("y: float")
    .Attr("N: int >= 0")
    .Attr("epsilon: float")
    .Attr("floor: float")
    .Attr("ceiling: float")
    .SetShapeFn(shape_inference::UnchangedShape);

class BatchNormEval : public OpKernel {
 public:
  explicit BatchNormEval(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("epsilon", &epsilon_));
    OP_REQUIRES_OK(c, c->GetAttr("floor", &floor_));
    OP_REQUIRES_OK(c, c->GetAttr("ceiling", &ceiling_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    const int64_t width = c->input(1).NumElements();
    OP_REQUIRES_OK(c, HasRows(x, width, "x"));
    for (int i = 2; i < 5; ++i)
      OP_REQUIRES_OK(c, HasCount(c->input(i), width, i == 2 ? "offset" : i == 3 ? "mean" : "variance"));
    if (c->num_inputs() > 5) OP_REQUIRES_OK(c, IsAlike(c->input(5), x, "residual"));
    const int64_t rows = x.NumElements() / width;
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    const float *px = x.flat<float>().data(), *scale = c->input(1).flat<float>().data(),
                *offset = c->input(2).flat<float>().data();
    const float *mean = c->input(3).flat<float>().data(), *variance = c->input(4).flat<float>().data();
    const float* residual = c->num_inputs() > 5 ? c->input(5).flat<float>().data() : nullptr;
    Buffer<float> gain(width);
    for (int64_t i = 0; i < width; ++i) gain[i] = scale[i] / std::sqrt(variance[i] + epsilon_);
    const float* g = gain.data();
    float* py = y->flat<float>().data();
    const float floor = floor_, ceiling = ceiling_;
    Parallel(c, rows, 2 * width, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const float* in = px + r * width;
        float* out = py + r * width;
        if (residual == nullptr) {
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) {
            const float v = (in[i] - mean[i]) * g[i] + offset[i];
            out[i] = v < floor ? floor : v > ceiling ? ceiling : v;
          }
        } else {
          const float* other = residual + r * width;
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) {
            const float v = (in[i] - mean[i]) * g[i] + offset[i] + other[i];
            out[i] = v < floor ? floor : v > ceiling ? ceiling : v;
          }
        }
      }
    });
  }

 private:
  float epsilon_, floor_, ceiling_;
};
REGISTER_KERNEL_BUILDER(Name("OfaBatchNormEval").Device(DEVICE_CPU), BatchNormEval);

}  // namespace ofa
