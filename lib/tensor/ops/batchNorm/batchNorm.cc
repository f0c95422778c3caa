// Batch normalisation over all but the last axis (Ioffe and Szegedy 2015) with the residual and the ReLU that follow it
// in one go: y = relu(scale · (x − mean) · inverse + offset + residual). Statistics are the batch's; the running
// averages move as PyTorch's do.
#include <cmath>

#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

REGISTER_OP("OfaBatchNorm")
    .Input("x: float")
    .Input("scale: float")
    .Input("offset: float")
    .Input("running_mean: float")
    .Input("running_variance: float")
    .Input("residual: N * float")
    .Output("y: float")
    .Output("mean: float")
    .Output("inverse: float")
    .Output("new_mean: float")
    .Output("new_variance: float")
    .Attr("N: int >= 0")
    .Attr("epsilon: float")
    .Attr("momentum: float")
    .Attr("relu: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class BatchNorm : public OpKernel {
 public:
  explicit BatchNorm(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("epsilon", &epsilon_));
    OP_REQUIRES_OK(c, c->GetAttr("momentum", &momentum_));
    OP_REQUIRES_OK(c, c->GetAttr("relu", &relu_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    const int64_t width = c->input(1).NumElements();
    OP_REQUIRES_OK(c, HasRows(x, width, "x"));
    for (int i = 2; i < 5; ++i)
      OP_REQUIRES_OK(c, HasCount(c->input(i), width, i == 2 ? "offset" : i == 3 ? "running_mean" : "running_variance"));
    if (c->num_inputs() > 5) OP_REQUIRES_OK(c, IsAlike(c->input(5), x, "residual"));
    const int64_t rows = x.NumElements() / width;
    OP_REQUIRES(c, rows > 0, absl::InvalidArgumentError("a batch without an example has no statistics"));
    Tensor *y, *mean, *inverse, *new_mean, *new_variance;
    const TensorShape channels({width});
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    OP_REQUIRES_OK(c, c->allocate_output(1, channels, &mean));
    OP_REQUIRES_OK(c, c->allocate_output(2, channels, &inverse));
    OP_REQUIRES_OK(c, c->allocate_output(3, channels, &new_mean));
    OP_REQUIRES_OK(c, c->allocate_output(4, channels, &new_variance));
    const float *px = x.flat<float>().data(), *scale = c->input(1).flat<float>().data(),
                *offset = c->input(2).flat<float>().data();
    const float *old_mean = c->input(3).flat<float>().data(), *old_variance = c->input(4).flat<float>().data();
    const float* residual = c->num_inputs() > 5 ? c->input(5).flat<float>().data() : nullptr;

    // Sums of x − x₀ and its square, x₀ being the first row: a mean far from zero costs no digits.
    Buffer<float> sums(2 * width), gain(width);
    BlockedSum(c, rows, 2 * width, 3 * width, sums.data(), [=](int64_t begin, int64_t end, float* partial) {
      for (int64_t r = begin; r < end; ++r) {
        const float* in = px + r * width;
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) {
          const float d = in[i] - px[i];
          partial[i] += d;
          partial[width + i] += d * d;
        }
      }
    });
    float *pm = mean->flat<float>().data(), *pi = inverse->flat<float>().data();
    float *pnm = new_mean->flat<float>().data(), *pnv = new_variance->flat<float>().data();
    for (int64_t i = 0; i < width; ++i) {
      const double d = static_cast<double>(sums[i]) / rows;
      const double spread = static_cast<double>(sums[width + i]) / rows - d * d;
      // Not by std::max, which takes 0 for what is no number.
      const double variance = spread < 0 ? 0 : spread;
      pm[i] = static_cast<float>(px[i] + d);
      pi[i] = static_cast<float>(1.0 / std::sqrt(variance + epsilon_));
      pnm[i] = (1 - momentum_) * old_mean[i] + momentum_ * pm[i];
      pnv[i] = static_cast<float>((1 - momentum_) * old_variance[i] +
                                  momentum_ * variance * rows / std::max<int64_t>(rows - 1, 1));
      gain[i] = scale[i] * pi[i];
    }
    const float* pg = gain.data();
    float* py = y->flat<float>().data();
    const float floor = relu_ ? 0.0f : -INFINITY;
    Parallel(c, rows, 2 * width, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const float *in = px + r * width, *other = residual + r * width;
        float* out = py + r * width;
        if (residual == nullptr) {
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) {
            const float v = (in[i] - pm[i]) * pg[i] + offset[i];
            out[i] = v < floor ? floor : v;
          }
        } else {
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) {
            const float v = (in[i] - pm[i]) * pg[i] + offset[i] + other[i];
            out[i] = v < floor ? floor : v;
          }
        }
      }
    });
  }

 private:
  float epsilon_, momentum_;
  bool relu_;
};
REGISTER_KERNEL_BUILDER(Name("OfaBatchNorm").Device(DEVICE_CPU), BatchNorm);

// dresidual is dy where y > 0; without a ReLU it is dy itself, and not written.
REGISTER_OP("OfaBatchNormGrad")
    .Input("dy: float")
    .Input("x: float")
    .Input("y: float")
    .Input("scale: float")
    .Input("mean: float")
    .Input("inverse: float")
    .Output("dx: float")
    .Output("dscale: float")
    .Output("doffset: float")
    .Output("dresidual: float")
    .Attr("relu: bool")
    .Attr("residual: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class BatchNormGrad : public OpKernel {
 public:
  explicit BatchNormGrad(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("relu", &relu_));
    OP_REQUIRES_OK(c, c->GetAttr("residual", &residual_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(1);
    const int64_t width = c->input(3).NumElements();
    OP_REQUIRES_OK(c, HasRows(x, width, "x"));
    OP_REQUIRES_OK(c, IsAlike(c->input(0), x, "dy"));
    OP_REQUIRES_OK(c, IsAlike(c->input(2), x, "y"));
    for (int i = 4; i < 6; ++i) OP_REQUIRES_OK(c, HasCount(c->input(i), width, i == 4 ? "mean" : "inverse"));
    const int64_t rows = x.NumElements() / width;
    Tensor *dx, *dscale, *doffset, *dresidual;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    OP_REQUIRES_OK(c, c->allocate_output(1, TensorShape({width}), &dscale));
    OP_REQUIRES_OK(c, c->allocate_output(2, TensorShape({width}), &doffset));
    OP_REQUIRES_OK(c, c->allocate_output(3, residual_ && relu_ ? x.shape() : TensorShape({0}), &dresidual));
    const float *pdy = c->input(0).flat<float>().data(), *px = x.flat<float>().data(),
                *py = c->input(2).flat<float>().data();
    const float *scale = c->input(3).flat<float>().data(), *mean = c->input(4).flat<float>().data(),
                *inverse = c->input(5).flat<float>().data();
    // Without a ReLU every element passes: compare with a floor below all numbers.
    const float floor = relu_ ? 0.0f : -INFINITY;
    Buffer<float> sums(2 * width), a(width), b(width), d(width);
    BlockedSum(c, rows, 2 * width, 5 * width, sums.data(), [=](int64_t begin, int64_t end, float* partial) {
      for (int64_t r = begin; r < end; ++r) {
        const float *dout = pdy + r * width, *in = px + r * width, *out = py + r * width;
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) {
          const float g = out[i] > floor ? dout[i] : 0.0f;
          partial[i] += g;
          partial[width + i] += g * (in[i] - mean[i]);
        }
      }
    });
    float *ds = dscale->flat<float>().data(), *db = doffset->flat<float>().data();
    for (int64_t i = 0; i < width; ++i) {
      db[i] = sums[i];
      ds[i] = sums[width + i] * inverse[i];
      // dx = a · g + b · (x − mean) + d
      a[i] = scale[i] * inverse[i];
      b[i] = -a[i] * ds[i] * inverse[i] / rows;
      d[i] = -a[i] * sums[i] / rows;
    }
    const float *pa = a.data(), *pb = b.data(), *pd = d.data();
    float *pdx = dx->flat<float>().data(), *pdr = residual_ && relu_ ? dresidual->flat<float>().data() : nullptr;
    Parallel(c, rows, 4 * width, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const float *dout = pdy + r * width, *in = px + r * width, *out = py + r * width;
        float *din = pdx + r * width, *dother = pdr + r * width;
        if (pdr == nullptr) {
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) {
            const float g = out[i] > floor ? dout[i] : 0.0f;
            din[i] = pa[i] * g + pb[i] * (in[i] - mean[i]) + pd[i];
          }
        } else {
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) {
            const float g = out[i] > floor ? dout[i] : 0.0f;
            din[i] = pa[i] * g + pb[i] * (in[i] - mean[i]) + pd[i];
            dother[i] = g;
          }
        }
      }
    });
  }

 private:
  bool relu_, residual_;
};
REGISTER_KERNEL_BUILDER(Name("OfaBatchNormGrad").Device(DEVICE_CPU), BatchNormGrad);

}  // namespace ofa
