// Batch normalisation by running averages, with the residual and the clamp that follow it, in one pass over memory:
// y = min(max(scale · (x − mean) / √(variance + ε) + offset + residual, lower), upper).
#include <cmath>

#include "simd/checks.h"
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
    .Attr("lower: float")
    .Attr("upper: float")
    .SetShapeFn(shape_inference::UnchangedShape);

class BatchNormEval : public OpKernel {
 public:
  explicit BatchNormEval(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("epsilon", &epsilon_));
    OP_REQUIRES_OK(c, c->GetAttr("lower", &lower_));
    OP_REQUIRES_OK(c, c->GetAttr("upper", &upper_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    const bool has_residual = c->num_inputs() > 5;
    const int64_t width = c->input(1).NumElements();
    OP_REQUIRES_OK(c, CheckRowWidth(x, width, "x"));
    OP_REQUIRES_OK(c, CheckSize(c->input(2), width, "offset"));
    OP_REQUIRES_OK(c, CheckSize(c->input(3), width, "mean"));
    OP_REQUIRES_OK(c, CheckSize(c->input(4), width, "variance"));
    if (has_residual) OP_REQUIRES_OK(c, CheckSameShape(c->input(5), x, "the residual"));
    const int64_t rows = x.NumElements() / width;
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    const auto floats_of = [&](int input) { return c->input(input).flat<float>().data(); };
    const float *x_data = floats_of(0), *scale = floats_of(1), *offset = floats_of(2), *mean = floats_of(3);
    const float *variance = floats_of(4), *residual = has_residual ? floats_of(5) : nullptr;
    Buffer<float> gains(width);
    for (int64_t i = 0; i < width; ++i) gains[i] = scale[i] / std::sqrt(variance[i] + epsilon_);
    const float* gain = gains.data();
    float* y_data = y->flat<float>().data();
    const float lower = lower_, upper = upper_;
    Parallel(c, rows, 2 * width, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const float* in = x_data + r * width;
        float* out = y_data + r * width;
        if (residual == nullptr) {
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) {
            const float v = (in[i] - mean[i]) * gain[i] + offset[i];
            out[i] = v < lower ? lower : v > upper ? upper : v;
          }
        } else {
          const float* other = residual + r * width;
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) {
            const float v = (in[i] - mean[i]) * gain[i] + offset[i] + other[i];
            out[i] = v < lower ? lower : v > upper ? upper : v;
          }
        }
      }
    });
  }

 private:
  float epsilon_, lower_, upper_;
};
REGISTER_KERNEL_BUILDER(Name("OfaBatchNormEval").Device(DEVICE_CPU), BatchNormEval);

}  // namespace ofa
