// Layer normalisation over the last axis (Ba et al. 2016), each direction in one pass over memory.
#include "simd/checks.h"
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
    .Output("inverse_std: float")
    .Attr("epsilon: float")
    .SetShapeFn(shape_inference::UnknownShape);

class LayerNorm : public OpKernel {
 public:
  explicit LayerNorm(OpKernelConstruction* c) : OpKernel(c) { OP_REQUIRES_OK(c, c->GetAttr("epsilon", &epsilon_)); }

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &scale = c->input(1), &offset = c->input(2);
    const int64_t width = scale.NumElements();
    OP_REQUIRES_OK(c, CheckRowWidth(x, width, "x"));
    OP_REQUIRES_OK(c, CheckSize(offset, width, "offset"));
    const int64_t rows = x.NumElements() / width;
    Tensor *y, *mean, *inverse_std;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    OP_REQUIRES_OK(c, c->allocate_output(1, TensorShape({rows}), &mean));
    OP_REQUIRES_OK(c, c->allocate_output(2, TensorShape({rows}), &inverse_std));
    const float *x_data = x.flat<float>().data(), *scale_data = scale.flat<float>().data();
    const float* offset_data = offset.flat<float>().data();
    float *y_data = y->flat<float>().data(), *mean_data = mean->flat<float>().data();
    float* inverse_std_data = inverse_std->flat<float>().data();
    const float epsilon = epsilon_;
    Parallel(c, rows, width * 4, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const Moments moments = MomentsOf(x_data + r * width, width, epsilon);
        Normalise(x_data + r * width, width, moments, scale_data, offset_data, y_data + r * width);
        mean_data[r] = moments.mean;
        inverse_std_data[r] = moments.inverse_std;
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
    .Input("inverse_std: float")
    .Output("dx: float")
    .Output("dscale: float")
    .Output("doffset: float")
    .SetShapeFn(shape_inference::UnknownShape);

class LayerNormGrad : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &dy = c->input(0), &x = c->input(1), &scale = c->input(2);
    const Tensor &mean = c->input(3), &inverse_std = c->input(4);
    const int64_t width = scale.NumElements();
    OP_REQUIRES_OK(c, CheckRowWidth(x, width, "x"));
    OP_REQUIRES_OK(c, CheckSameShape(dy, x, "dy"));
    const int64_t rows = x.NumElements() / width;
    OP_REQUIRES_OK(c, CheckSize(mean, rows, "mean"));
    OP_REQUIRES_OK(c, CheckSize(inverse_std, rows, "inverse_std"));
    Tensor *dx, *dscale, *doffset;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    OP_REQUIRES_OK(c, c->allocate_output(1, TensorShape({width}), &dscale));
    OP_REQUIRES_OK(c, c->allocate_output(2, TensorShape({width}), &doffset));
    const float *dy_data = dy.flat<float>().data(), *x_data = x.flat<float>().data();
    const float* scale_data = scale.flat<float>().data();
    const float *mean_data = mean.flat<float>().data(), *inverse_std_data = inverse_std.flat<float>().data();
    float* dx_data = dx->flat<float>().data();
    Buffer<float> sums(2 * width);
    const auto add_rows = [=](int64_t begin, int64_t end, float* partial) {
      for (int64_t r = begin; r < end; ++r) {
        const int64_t at = r * width;
        NormaliseGrad(width, {mean_data[r], inverse_std_data[r]},
                      {dy_data + at, x_data + at, scale_data, nullptr, dx_data + at, partial, partial + width});
      }
    };
    BlockedSum(c, {rows, 2 * width, width * 6}, sums.data(), add_rows);
    std::copy(sums.begin(), sums.begin() + width, dscale->flat<float>().data());
    std::copy(sums.begin() + width, sums.end(), doffset->flat<float>().data());
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaLayerNormGrad").Device(DEVICE_CPU), LayerNormGrad);

}  // namespace ofa
