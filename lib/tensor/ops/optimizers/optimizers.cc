// One step of an optimiser over every parameter of a network at once, written into new buffers.
#include <cmath>

#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

// Stochastic gradient descent with momentum as PyTorch has it: the rate multiplies the velocity, not the gradient.
REGISTER_OP("OfaSgd")
    .Input("values: N * float")
    .Input("gradients: N * float")
    .Input("velocities: N * float")
    .Input("decays: float")
    .Input("settings: float")
    .Output("new_values: N * float")
    .Output("new_velocities: N * float")
    .Attr("N: int >= 1")
    .Attr("nesterov: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class Sgd : public OpKernel {
 public:
  explicit Sgd(OpKernelConstruction* c) : OpKernel(c) { OP_REQUIRES_OK(c, c->GetAttr("nesterov", &nesterov_)); }

  void Compute(OpKernelContext* c) override {
    OpInputList values, gradients, velocities;
    OpOutputList new_values, new_velocities;
    OP_REQUIRES_OK(c, c->input_list("values", &values));
    OP_REQUIRES_OK(c, c->input_list("gradients", &gradients));
    OP_REQUIRES_OK(c, c->input_list("velocities", &velocities));
    OP_REQUIRES_OK(c, c->output_list("new_values", &new_values));
    OP_REQUIRES_OK(c, c->output_list("new_velocities", &new_velocities));
    const int n = values.size();
    const float* decays = c->input(3 * n).flat<float>().data();
    const float* settings = c->input(3 * n + 1).flat<float>().data();
    const float rate = settings[0], momentum = settings[1], scale = settings[2];
    const bool nesterov = nesterov_;
    for (int k = 0; k < n; ++k) {
      Tensor *out, *speed;
      OP_REQUIRES_OK(c, new_values.allocate(k, values[k].shape(), &out));
      OP_REQUIRES_OK(c, new_velocities.allocate(k, values[k].shape(), &speed));
      const float *p = values[k].flat<float>().data(), *g = gradients[k].flat<float>().data(),
                  *v = velocities[k].flat<float>().data();
      float *po = out->flat<float>().data(), *vo = speed->flat<float>().data();
      const float decay = decays[k];
      Parallel(c, values[k].NumElements(), 4, [=](int64_t begin, int64_t end) {
#pragma omp simd
        for (int64_t i = begin; i < end; ++i) {
          const float d = g[i] * scale + decay * p[i];
          const float w = momentum * v[i] + d;
          vo[i] = w;
          po[i] = p[i] - rate * (nesterov ? d + momentum * w : w);
        }
      });
    }
  }

 private:
  bool nesterov_;
};
REGISTER_KERNEL_BUILDER(Name("OfaSgd").Device(DEVICE_CPU), Sgd);

// AdamW (Loshchilov and Hutter 2019) as PyTorch has it: decay multiplies the rate and leaves the moments alone.
REGISTER_OP("OfaAdamW")
    .Input("values: N * float")
    .Input("gradients: N * float")
    .Input("means: N * float")
    .Input("squares: N * float")
    .Input("decays: float")
    .Input("settings: float")
    .Output("new_values: N * float")
    .Output("new_means: N * float")
    .Output("new_squares: N * float")
    .Attr("N: int >= 1")
    .SetShapeFn(shape_inference::UnknownShape);

class AdamW : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    OpInputList values, gradients, means, squares;
    OpOutputList new_values, new_means, new_squares;
    OP_REQUIRES_OK(c, c->input_list("values", &values));
    OP_REQUIRES_OK(c, c->input_list("gradients", &gradients));
    OP_REQUIRES_OK(c, c->input_list("means", &means));
    OP_REQUIRES_OK(c, c->input_list("squares", &squares));
    OP_REQUIRES_OK(c, c->output_list("new_values", &new_values));
    OP_REQUIRES_OK(c, c->output_list("new_means", &new_means));
    OP_REQUIRES_OK(c, c->output_list("new_squares", &new_squares));
    const int n = values.size();
    const float* decays = c->input(4 * n).flat<float>().data();
    const float* s = c->input(4 * n + 1).flat<float>().data();
    const float rate = s[0], beta1 = s[1], beta2 = s[2], epsilon = s[3], correction1 = s[4], correction2 = s[5],
                scale = s[6];
    const float step = rate / correction1, root = std::sqrt(correction2);
    for (int k = 0; k < n; ++k) {
      Tensor *out, *mean, *square;
      OP_REQUIRES_OK(c, new_values.allocate(k, values[k].shape(), &out));
      OP_REQUIRES_OK(c, new_means.allocate(k, values[k].shape(), &mean));
      OP_REQUIRES_OK(c, new_squares.allocate(k, values[k].shape(), &square));
      const float *p = values[k].flat<float>().data(), *g = gradients[k].flat<float>().data();
      const float *m = means[k].flat<float>().data(), *q = squares[k].flat<float>().data();
      float *po = out->flat<float>().data(), *mo = mean->flat<float>().data(), *qo = square->flat<float>().data();
      const float keep = 1.0f - rate * decays[k];
      Parallel(c, values[k].NumElements(), 8, [=](int64_t begin, int64_t end) {
#pragma omp simd
        for (int64_t i = begin; i < end; ++i) {
          const float d = g[i] * scale;
          const float first = beta1 * m[i] + (1.0f - beta1) * d;
          const float second = beta2 * q[i] + (1.0f - beta2) * d * d;
          mo[i] = first;
          qo[i] = second;
          po[i] = keep * p[i] - step * first / (std::sqrt(second) / root + epsilon);
        }
      });
    }
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaAdamW").Device(DEVICE_CPU), AdamW);

// Σ g² over every gradient, for clipping by the global norm.
REGISTER_OP("OfaSquaredNorm")
    .Input("gradients: N * float")
    .Output("norm: float")
    .Attr("N: int >= 1")
    .SetShapeFn(shape_inference::ScalarShape);

class SquaredNorm : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    OpInputList gradients;
    OP_REQUIRES_OK(c, c->input_list("gradients", &gradients));
    Tensor* norm;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({}), &norm));
    double total = 0;
    for (int k = 0; k < gradients.size(); ++k) {
      const float* g = gradients[k].flat<float>().data();
      double sum = 0;
      const int64_t size = gradients[k].NumElements();
#pragma omp simd reduction(+ : sum)
      for (int64_t i = 0; i < size; ++i) sum += static_cast<double>(g[i]) * g[i];
      total += sum;
    }
    norm->scalar<float>()() = static_cast<float>(total);
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaSquaredNorm").Device(DEVICE_CPU), SquaredNorm);

}  // namespace ofa
