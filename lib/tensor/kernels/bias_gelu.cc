// y = GELU(x + bias), exact form with erf (Hendrycks and Gimpel 2016), and its gradient.
#include <cmath>

#include "parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
/** e^x for x ≤ 0, to two units in the last place; plain arithmetic, so that loops over it are vectorised. */
inline float NegativeExp(float x) {
  x = x < -87.0f ? -87.0f : x;
  const float n = std::floor(x * 1.44269504f + 0.5f);
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  union { int32_t i; float f; } power;
  power.i = (static_cast<int32_t>(n) + 127) << 23;
  return p * power.f;
}

/** Φ(x), the normal distribution, and φ(x), its density (Abramowitz and Stegun 7.1.26: 1.5e-7 at most off). */
inline void Normal(float x, float* distribution, float* density) {
  const float e = NegativeExp(-0.5f * x * x);
  const float t = 1.0f / (1.0f + 0.3275911f * 0.70710678f * std::abs(x));
  const float tail = 0.5f * e * t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
  *distribution = 0.5f + std::copysign(0.5f - tail, x);
  *density = 0.39894228f * e;
}
}  // namespace

REGISTER_OP("OfaBiasGelu")
    .Input("x: float").Input("bias: float").Output("y: float")
    .SetShapeFn(shape_inference::UnchangedShape);

class BiasGelu : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    const int64_t width = c->input(1).NumElements(), rows = x.NumElements() / width;
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
          float distribution, density;
          Normal(v, &distribution, &density);
          out[i] = v * distribution;
        }
      }
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaBiasGelu").Device(DEVICE_CPU), BiasGelu);

REGISTER_OP("OfaBiasGeluGrad")
    .Input("dy: float").Input("x: float").Input("bias: float").Output("dx: float").Output("dbias: float")
    .SetShapeFn(shape_inference::UnknownShape);

class BiasGeluGrad : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(1);
    const int64_t width = c->input(2).NumElements(), rows = x.NumElements() / width;
    Tensor *dx, *dbias;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    OP_REQUIRES_OK(c, c->allocate_output(1, TensorShape({width}), &dbias));
    const float *pdy = c->input(0).flat<float>().data(), *px = x.flat<float>().data(), *bias = c->input(2).flat<float>().data();
    float* pdx = dx->flat<float>().data();
    BlockedSum(c, rows, width, width * 14, dbias->flat<float>().data(), [=](int64_t begin, int64_t end, float* partial) {
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
