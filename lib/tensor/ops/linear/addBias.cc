// y = x + bias + residual in one pass over memory, and the gradient of the bias: Σ dy over all rows.
#include "simd/checks.h"
#include "simd/parallel.h"
#include "simd/rows.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

REGISTER_OP("OfaAddBias")
    .Input("x: float")
    .Input("bias: float")
    .Input("residual: N * float")
    .Output("y: float")
    .Attr("N: int >= 0")
    .SetShapeFn(shape_inference::UnchangedShape);

class AddBias : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &bias = c->input(1);
    const bool has_residual = c->num_inputs() > 2;
    const int64_t width = bias.NumElements();
    OP_REQUIRES_OK(c, CheckRowWidth(x, width, "x"));
    if (has_residual) OP_REQUIRES_OK(c, CheckSameShape(c->input(2), x, "the residual"));
    const int64_t rows = x.NumElements() / width;
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    const float *x_data = x.flat<float>().data(), *bias_data = bias.flat<float>().data();
    const float* residual = has_residual ? c->input(2).flat<float>().data() : nullptr;
    float* y_data = y->flat<float>().data();
    Parallel(c, rows, width, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r)
        AddRow(x_data + r * width, width, bias_data, residual == nullptr ? nullptr : residual + r * width,
               y_data + r * width);
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaAddBias").Device(DEVICE_CPU), AddBias);

REGISTER_OP("OfaAddBiasGrad").Input("dy: float").Output("dbias: float").SetShapeFn(shape_inference::UnknownShape);

class AddBiasGrad : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor& dy = c->input(0);
    const int64_t width = dy.dims() == 0 ? 0 : dy.dim_size(dy.dims() - 1);
    OP_REQUIRES_OK(c, CheckRowWidth(dy, width, "dy"));
    const int64_t rows = dy.NumElements() / width;
    Tensor* dbias;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({width}), &dbias));
    const float* dy_data = dy.flat<float>().data();
    const auto add_rows = [=](int64_t begin, int64_t end, float* partial) {
      for (int64_t r = begin; r < end; ++r) Accumulate(dy_data + r * width, width, partial);
    };
    BlockedSum(c, {rows, width, width}, dbias->flat<float>().data(), add_rows);
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaAddBiasGrad").Device(DEVICE_CPU), AddBiasGrad);

}  // namespace ofa
