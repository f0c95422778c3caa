// y = GELU(x + bias), exact form with erf (Hendrycks and Gimpel 2016), and its gradient.
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
    const Tensor& x = c->input(0);
    const int64_t width = c->input(1).NumElements();
    OP_REQUIRES_OK(c, HasRows(x, width, "x"));
    const int64_t rows = x.NumElements() / width;
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    const float *px = x.flat<float>().data(), *bias = c->input(1).flat<float>().data();
    float* py = y->flat<float>().data();
    Parallel(c, rows, width * 12, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const float* in = px + r * width;
        float* out = py + r * width;
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) {
          const float v = in[i] + bias[i];
          out[i] = v * Distribution(v);
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
    const Tensor& x = c->input(1);
    const int64_t width = c->input(2).NumElements();
    OP_REQUIRES_OK(c, HasRows(x, width, "x"));
    OP_REQUIRES_OK(c, IsAlike(c->input(0), x, "dy"));
    const int64_t rows = x.NumElements() / width;
    Tensor *dx, *dbias;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    OP_REQUIRES_OK(c, c->allocate_output(1, TensorShape({width}), &dbias));
    const float *pdy = c->input(0).flat<float>().data(), *px = x.flat<float>().data(),
                *bias = c->input(2).flat<float>().data();
    float* pdx = dx->flat<float>().data();
    BlockedSum(c, rows, width, width * 14, dbias->flat<float>().data(),
               [=](int64_t begin, int64_t end, float* partial) {
                 for (int64_t r = begin; r < end; ++r) {
                   const float *in = px + r * width, *dout = pdy + r * width;
                   float* din = pdx + r * width;
#pragma omp simd
                   for (int64_t i = 0; i < width; ++i) {
                     const float v = in[i] + bias[i];
                     float distribution, density;
                     Normal(v, &distribution, &density);
                     const float g = dout[i] * (distribution + v * density);
                     din[i] = g;
                     partial[i] += g;
                   }
                 }
               });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaBiasGeluGrad").Device(DEVICE_CPU), BiasGeluGrad);

}  // namespace ofa
