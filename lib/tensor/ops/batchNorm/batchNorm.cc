// Batch normalisation over all but the last axis (Ioffe and Szegedy 2015) together with the residual and the ReLU that
// follow it: y = relu(scale · (x − mean) · inverse_std + offset + residual). The statistics are the batch's; running
// averages are updated as in PyTorch.
#include <cmath>

#include "simd/checks.h"
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
    .Output("inverse_std: float")
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
    const bool has_residual = c->num_inputs() > 5;
    const int64_t width = c->input(1).NumElements();
    OP_REQUIRES_OK(c, CheckRowWidth(x, width, "x"));
    OP_REQUIRES_OK(c, CheckSize(c->input(2), width, "offset"));
    OP_REQUIRES_OK(c, CheckSize(c->input(3), width, "running_mean"));
    OP_REQUIRES_OK(c, CheckSize(c->input(4), width, "running_variance"));
    if (has_residual) OP_REQUIRES_OK(c, CheckSameShape(c->input(5), x, "the residual"));
    const int64_t rows = x.NumElements() / width;
    OP_REQUIRES(c, rows > 0, absl::InvalidArgumentError("an empty batch has no mean and variance"));
    Tensor *y, *mean, *inverse_std, *new_mean, *new_variance;
    const TensorShape channels({width});
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    OP_REQUIRES_OK(c, c->allocate_output(1, channels, &mean));
    OP_REQUIRES_OK(c, c->allocate_output(2, channels, &inverse_std));
    OP_REQUIRES_OK(c, c->allocate_output(3, channels, &new_mean));
    OP_REQUIRES_OK(c, c->allocate_output(4, channels, &new_variance));
    const auto floats_of = [&](int input) { return c->input(input).flat<float>().data(); };
    const float *x_data = floats_of(0), *scale = floats_of(1), *offset = floats_of(2);
    const float *running_mean = floats_of(3), *running_variance = floats_of(4);
    const float* residual = has_residual ? floats_of(5) : nullptr;

    // Sums of x − x₀ and of its square, where x₀ is the first row: a mean far from zero costs no digits.
    Buffer<float> sums(2 * width), gains(width);
    BlockedSum(c, {rows, 2 * width, 3 * width}, sums.data(), [=](int64_t begin, int64_t end, float* partial) {
      for (int64_t r = begin; r < end; ++r) {
        const float* in = x_data + r * width;
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) {
          const float d = in[i] - x_data[i];
          partial[i] += d;
          partial[width + i] += d * d;
        }
      }
    });
    float *mean_data = mean->flat<float>().data(), *inverse_std_data = inverse_std->flat<float>().data();
    float *new_mean_data = new_mean->flat<float>().data(), *new_variance_data = new_variance->flat<float>().data();
    for (int64_t i = 0; i < width; ++i) {
      const double d = static_cast<double>(sums[i]) / rows;
      const double raw_variance = static_cast<double>(sums[width + i]) / rows - d * d;
      // Not std::max, which would turn NaN into 0.
      const double variance = raw_variance < 0 ? 0 : raw_variance;
      mean_data[i] = static_cast<float>(x_data[i] + d);
      inverse_std_data[i] = static_cast<float>(1.0 / std::sqrt(variance + epsilon_));
      new_mean_data[i] = (1 - momentum_) * running_mean[i] + momentum_ * mean_data[i];
      new_variance_data[i] = static_cast<float>((1 - momentum_) * running_variance[i] +
                                                momentum_ * variance * rows / std::max<int64_t>(rows - 1, 1));
      gains[i] = scale[i] * inverse_std_data[i];
    }
    const float* gain = gains.data();
    float* y_data = y->flat<float>().data();
    const float lower = relu_ ? 0.0f : -INFINITY;
    Parallel(c, rows, 2 * width, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const float *in = x_data + r * width, *other = residual + r * width;
        float* out = y_data + r * width;
        if (residual == nullptr) {
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) {
            const float v = (in[i] - mean_data[i]) * gain[i] + offset[i];
            out[i] = v < lower ? lower : v;
          }
        } else {
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) {
            const float v = (in[i] - mean_data[i]) * gain[i] + offset[i] + other[i];
            out[i] = v < lower ? lower : v;
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

// dresidual is dy where y > 0. Without a ReLU it equals dy, and is not written.
REGISTER_OP("OfaBatchNormGrad")
    .Input("dy: float")
    .Input("x: float")
    .Input("y: float")
    .Input("scale: float")
    .Input("mean: float")
    .Input("inverse_std: float")
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
    OP_REQUIRES_OK(c, CheckRowWidth(x, width, "x"));
    OP_REQUIRES_OK(c, CheckSameShape(c->input(0), x, "dy"));
    OP_REQUIRES_OK(c, CheckSameShape(c->input(2), x, "y"));
    OP_REQUIRES_OK(c, CheckSize(c->input(4), width, "mean"));
    OP_REQUIRES_OK(c, CheckSize(c->input(5), width, "inverse_std"));
    const int64_t rows = x.NumElements() / width;
    const bool writes_dresidual = residual_ && relu_;
    Tensor *dx, *dscale, *doffset, *dresidual;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    OP_REQUIRES_OK(c, c->allocate_output(1, TensorShape({width}), &dscale));
    OP_REQUIRES_OK(c, c->allocate_output(2, TensorShape({width}), &doffset));
    OP_REQUIRES_OK(c, c->allocate_output(3, writes_dresidual ? x.shape() : TensorShape({0}), &dresidual));
    const auto floats_of = [&](int input) { return c->input(input).flat<float>().data(); };
    const float *dy_data = floats_of(0), *x_data = floats_of(1), *y_data = floats_of(2);
    const float *scale = floats_of(3), *mean = floats_of(4), *inverse_std = floats_of(5);
    // The gradient passes where y is above this; without a ReLU, everywhere.
    const float lower = relu_ ? 0.0f : -INFINITY;
    Buffer<float> sums(2 * width);
    BlockedSum(c, {rows, 2 * width, 5 * width}, sums.data(), [=](int64_t begin, int64_t end, float* partial) {
      for (int64_t r = begin; r < end; ++r) {
        const float *dout = dy_data + r * width, *in = x_data + r * width, *out = y_data + r * width;
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) {
          const float g = out[i] > lower ? dout[i] : 0.0f;
          partial[i] += g;
          partial[width + i] += g * (in[i] - mean[i]);
        }
      }
    });
    float *dscale_data = dscale->flat<float>().data(), *doffset_data = doffset->flat<float>().data();
    // dx = a · g + b · (x − mean) + d
    Buffer<float> a_buffer(width), b_buffer(width), d_buffer(width);
    float *a = a_buffer.data(), *b = b_buffer.data(), *d = d_buffer.data();
    for (int64_t i = 0; i < width; ++i) {
      doffset_data[i] = sums[i];
      dscale_data[i] = sums[width + i] * inverse_std[i];
      a[i] = scale[i] * inverse_std[i];
      b[i] = -a[i] * dscale_data[i] * inverse_std[i] / rows;
      d[i] = -a[i] * sums[i] / rows;
    }
    float* dx_data = dx->flat<float>().data();
    float* dresidual_data = writes_dresidual ? dresidual->flat<float>().data() : nullptr;
    Parallel(c, rows, 4 * width, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const float *dout = dy_data + r * width, *in = x_data + r * width, *out = y_data + r * width;
        float *din = dx_data + r * width, *dother = dresidual_data + r * width;
        if (dresidual_data == nullptr) {
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) {
            const float g = out[i] > lower ? dout[i] : 0.0f;
            din[i] = a[i] * g + b[i] * (in[i] - mean[i]) + d[i];
          }
        } else {
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) {
            const float g = out[i] > lower ? dout[i] : 0.0f;
            din[i] = a[i] * g + b[i] * (in[i] - mean[i]) + d[i];
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
