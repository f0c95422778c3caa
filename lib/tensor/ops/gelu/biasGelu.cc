// y = GELU(x + bias), in the exact form with erf (Hendrycks and Gimpel 2016), and its gradients.
#include "simd/checks.h"
#include "simd/elementary.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

REGISTER_OP("OfaBiasGelu")
    .Input("x: float")
    .Input("bias: float")
    .Output("y: float")
    .SetShapeFn(shape_inference::UnchangedShape);

class BiasGelu : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &bias = c->input(1);
    const int64_t width = bias.NumElements();
    OP_REQUIRES_OK(c, CheckRowWidth(x, width, "x"));
    const int64_t rows = x.NumElements() / width;
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    const float *x_data = x.flat<float>().data(), *bias_data = bias.flat<float>().data();
    float* y_data = y->flat<float>().data();
    Parallel(c, rows, width * 12, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const float* in = x_data + r * width;
        float* out = y_data + r * width;
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) {
          const float v = in[i] + bias_data[i];
          out[i] = v * NormalDistribution(v);
        }
      }
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaBiasGelu").Device(DEVICE_CPU), BiasGelu);

REGISTER_OP("OfaBiasGeluGrad")
    .Input("dy: float")
    .Input("x: float")
    .Input("bias: float")
    .Output("dx: float")
    .Output("dbias: float")
    .SetShapeFn(shape_inference::UnknownShape);

class BiasGeluGrad : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &dy = c->input(0), &x = c->input(1), &bias = c->input(2);
    const int64_t width = bias.NumElements();
    OP_REQUIRES_OK(c, CheckRowWidth(x, width, "x"));
    OP_REQUIRES_OK(c, CheckSameShape(dy, x, "dy"));
    const int64_t rows = x.NumElements() / width;
    Tensor *dx, *dbias;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    OP_REQUIRES_OK(c, c->allocate_output(1, TensorShape({width}), &dbias));
    const float *dy_data = dy.flat<float>().data(), *x_data = x.flat<float>().data();
    const float* bias_data = bias.flat<float>().data();
    float* dx_data = dx->flat<float>().data();
    const auto add_rows = [=](int64_t begin, int64_t end, float* partial) {
      for (int64_t r = begin; r < end; ++r) {
        const float *in = x_data + r * width, *dout = dy_data + r * width;
        float* din = dx_data + r * width;
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) {
          const float v = in[i] + bias_data[i];
          float distribution, density;
          Normal(v, &distribution, &density);
          const float g = dout[i] * (distribution + v * density);
          din[i] = g;
          partial[i] += g;
        }
      }
    };
    BlockedSum(c, {rows, width, width * 14}, dbias->flat<float>().data(), add_rows);
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaBiasGeluGrad").Device(DEVICE_CPU), BiasGeluGrad);

}  // namespace ofa
