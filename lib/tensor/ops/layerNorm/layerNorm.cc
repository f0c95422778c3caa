// Layer normalisation over the last axis, forward and backward in one pass over memory each (Ba et al. 2016).
#include "simd/parallel.h"
#include "simd/rows.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

REGISTER_OP("OfaLayerNorm")
    .Input("x: float")
    .Input("scale: float")
    .Input("offset: float")
    .Output("y: float")
    .Output("mean: float")
    .Output("inverse: float")
    .Attr("epsilon: float")
    .SetShapeFn(shape_inference::UnknownShape);

class LayerNorm : public OpKernel {
 public:
  explicit LayerNorm(OpKernelConstruction* c) : OpKernel(c) { OP_REQUIRES_OK(c, c->GetAttr("epsilon", &epsilon_)); }

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    const int64_t width = c->input(1).NumElements();
    OP_REQUIRES_OK(c, HasRows(x, width, "x"));
    OP_REQUIRES_OK(c, HasCount(c->input(2), width, "offset"));
    const int64_t rows = x.NumElements() / width;
    Tensor *y, *mean, *inverse;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    OP_REQUIRES_OK(c, c->allocate_output(1, TensorShape({rows}), &mean));
    OP_REQUIRES_OK(c, c->allocate_output(2, TensorShape({rows}), &inverse));
    const float *px = x.flat<float>().data(), *scale = c->input(1).flat<float>().data(),
                *offset = c->input(2).flat<float>().data();
    float *py = y->flat<float>().data(), *pm = mean->flat<float>().data(), *pi = inverse->flat<float>().data();
    Parallel(c, rows, width * 4, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const Moments moments = MomentsOf(px + r * width, width, epsilon_);
        Normalise(px + r * width, width, moments, scale, offset, py + r * width);
        pm[r] = moments.mean;
        pi[r] = moments.inverse;
      }
    });
  }

 private:
  float epsilon_;
};
REGISTER_KERNEL_BUILDER(Name("OfaLayerNorm").Device(DEVICE_CPU), LayerNorm);

REGISTER_OP("OfaLayerNormGrad")
    .Input("dy: float")
    .Input("x: float")
    .Input("scale: float")
    .Input("mean: float")
    .Input("inverse: float")
    .Output("dx: float")
    .Output("dscale: float")
    .Output("doffset: float")
    .SetShapeFn(shape_inference::UnknownShape);

class LayerNormGrad : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(1);
    const int64_t width = c->input(2).NumElements();
    OP_REQUIRES_OK(c, HasRows(x, width, "x"));
    OP_REQUIRES_OK(c, IsAlike(c->input(0), x, "dy"));
    const int64_t rows = x.NumElements() / width;
    for (int i = 3; i < 5; ++i) OP_REQUIRES_OK(c, HasCount(c->input(i), rows, i == 3 ? "mean" : "inverse"));
    Tensor *dx, *dscale, *doffset;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    OP_REQUIRES_OK(c, c->allocate_output(1, TensorShape({width}), &dscale));
    OP_REQUIRES_OK(c, c->allocate_output(2, TensorShape({width}), &doffset));
    const float *pdy = c->input(0).flat<float>().data(), *px = x.flat<float>().data(),
                *scale = c->input(2).flat<float>().data();
    const float *mean = c->input(3).flat<float>().data(), *inverse = c->input(4).flat<float>().data();
    float* pdx = dx->flat<float>().data();
    Buffer<float> sums(2 * width);
    BlockedSum(c, rows, 2 * width, width * 6, sums.data(), [=](int64_t begin, int64_t end, float* partial) {
      for (int64_t r = begin; r < end; ++r)
        NormaliseGrad(pdy + r * width, px + r * width, width, {mean[r], inverse[r]}, scale, nullptr, pdx + r * width,
                      partial, partial + width);
    });
    std::copy(sums.begin(), sums.begin() + width, dscale->flat<float>().data());
    std::copy(sums.begin() + width, sums.end(), doffset->flat<float>().data());
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaLayerNormGrad").Device(DEVICE_CPU), LayerNormGrad);

}  // namespace ofa
