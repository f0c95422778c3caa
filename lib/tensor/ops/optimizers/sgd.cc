// One step of stochastic gradient descent with momentum over all parameters, as in PyTorch: the learning rate
// multiplies the velocity, not the gradient. New values are written to new buffers.
#include "ops/optimizers/parameterLists.h"
#include "simd/checks.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

// settings: learning rate, momentum, factor of the gradients.
REGISTER_OP("OfaSgd")
    .Input("values: N * float")
    .Input("grads: N * float")
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
    OpInputList values, grads, velocities;
    OpOutputList new_values, new_velocities;
    OP_REQUIRES_OK(c, c->input_list("values", &values));
    OP_REQUIRES_OK(c, c->input_list("grads", &grads));
    OP_REQUIRES_OK(c, c->input_list("velocities", &velocities));
    OP_REQUIRES_OK(c, c->output_list("new_values", &new_values));
    OP_REQUIRES_OK(c, c->output_list("new_velocities", &new_velocities));
    const int count = values.size();
    const Tensor &decays = c->input(3 * count), &settings = c->input(3 * count + 1);
    OP_REQUIRES_OK(c, CheckSameShapes(grads, values, "a gradient"));
    OP_REQUIRES_OK(c, CheckSameShapes(velocities, values, "a velocity"));
    OP_REQUIRES_OK(c, CheckSize(decays, count, "decays"));
    OP_REQUIRES_OK(c, CheckSize(settings, 3, "settings"));
    const float* setting = settings.flat<float>().data();
    const float rate = setting[0], momentum = setting[1], scale = setting[2];
    const bool nesterov = nesterov_;
    for (int k = 0; k < count; ++k) {
      float *new_value, *new_velocity;
      OP_REQUIRES_OK(c, AllocateLike(values, k, new_values, &new_value));
      OP_REQUIRES_OK(c, AllocateLike(values, k, new_velocities, &new_velocity));
      const float *value = FloatsOf(values, k), *grad = FloatsOf(grads, k), *velocity = FloatsOf(velocities, k);
      const float decay = decays.flat<float>().data()[k];
      Parallel(c, values[k].NumElements(), 4, [=](int64_t begin, int64_t end) {
#pragma omp simd
        for (int64_t i = begin; i < end; ++i) {
          const float d = grad[i] * scale + decay * value[i];
          const float v = momentum * velocity[i] + d;
          new_velocity[i] = v;
          new_value[i] = value[i] - rate * (nesterov ? d + momentum * v : v);
        }
      });
    }
  }

 private:
  bool nesterov_;
};
REGISTER_KERNEL_BUILDER(Name("OfaSgd").Device(DEVICE_CPU), Sgd);

}  // namespace ofa
