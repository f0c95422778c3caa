// One step of AdamW (Loshchilov and Hutter 2019, algorithm 2) over all parameters, as in PyTorch: the decay multiplies
// the learning rate and does not enter the moments. New values are written to new buffers.
#include <cmath>

#include "ops/optimizers/parameterLists.h"
#include "simd/checks.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

// settings: learning rate, β₁, β₂, ε, 1 − β₁ᵗ, 1 − β₂ᵗ, factor of the gradients.
REGISTER_OP("OfaAdamW")
    .Input("values: N * float")
    .Input("grads: N * float")
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
    OpInputList values, grads, means, squares;
    OpOutputList new_values, new_means, new_squares;
    OP_REQUIRES_OK(c, c->input_list("values", &values));
    OP_REQUIRES_OK(c, c->input_list("grads", &grads));
    OP_REQUIRES_OK(c, c->input_list("means", &means));
    OP_REQUIRES_OK(c, c->input_list("squares", &squares));
    OP_REQUIRES_OK(c, c->output_list("new_values", &new_values));
    OP_REQUIRES_OK(c, c->output_list("new_means", &new_means));
    OP_REQUIRES_OK(c, c->output_list("new_squares", &new_squares));
    const int count = values.size();
    const Tensor &decays = c->input(4 * count), &settings = c->input(4 * count + 1);
    OP_REQUIRES_OK(c, CheckSameShapes(grads, values, "a gradient"));
    OP_REQUIRES_OK(c, CheckSameShapes(means, values, "a first moment"));
    OP_REQUIRES_OK(c, CheckSameShapes(squares, values, "a second moment"));
    OP_REQUIRES_OK(c, CheckSize(decays, count, "decays"));
    OP_REQUIRES_OK(c, CheckSize(settings, 7, "settings"));
    const float* setting = settings.flat<float>().data();
    const float rate = setting[0], beta1 = setting[1], beta2 = setting[2], epsilon = setting[3],
                correction1 = setting[4], correction2 = setting[5], scale = setting[6];
    const float step = rate / correction1, root = std::sqrt(correction2);
    for (int k = 0; k < count; ++k) {
      float *new_value, *new_mean, *new_square;
      OP_REQUIRES_OK(c, AllocateLike(values, k, new_values, &new_value));
      OP_REQUIRES_OK(c, AllocateLike(values, k, new_means, &new_mean));
      OP_REQUIRES_OK(c, AllocateLike(values, k, new_squares, &new_square));
      const float *value = FloatsOf(values, k), *grad = FloatsOf(grads, k);
      const float *mean = FloatsOf(means, k), *square = FloatsOf(squares, k);
      const float keep = 1.0f - rate * decays.flat<float>().data()[k];
      Parallel(c, values[k].NumElements(), 8, [=](int64_t begin, int64_t end) {
#pragma omp simd
        for (int64_t i = begin; i < end; ++i) {
          const float d = grad[i] * scale;
          const float first = beta1 * mean[i] + (1.0f - beta1) * d;
          const float second = beta2 * square[i] + (1.0f - beta2) * d * d;
          new_mean[i] = first;
          new_square[i] = second;
          new_value[i] = keep * value[i] - step * first / (std::sqrt(second) / root + epsilon);
        }
      });
    }
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaAdamW").Device(DEVICE_CPU), AdamW);

}  // namespace ofa
