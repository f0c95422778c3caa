// y = x + bias + residual in one pass over memory, and the bias's gradient Σ dy over all rows.
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
    const Tensor& x = c->input(0);
    const int64_t width = c->input(1).NumElements();
    OP_REQUIRES_OK(c, HasRows(x, width, "x"));
    if (c->num_inputs() > 2) OP_REQUIRES_OK(c, IsAlike(c->input(2), x, "residual"));
    const int64_t rows = x.NumElements() / width;
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    const float *px = x.flat<float>().data(), *bias = c->input(1).flat<float>().data();
    const float* residual = c->num_inputs() > 2 ? c->input(2).flat<float>().data() : nullptr;
    float* py = y->flat<float>().data();
    Parallel(c, rows, width, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r)
        AddRow(px + r * width, width, bias, residual == nullptr ? nullptr : residual + r * width, py + r * width);
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
    OP_REQUIRES_OK(c, HasRows(dy, width, "dy"));
    const int64_t rows = dy.NumElements() / width;
    Tensor* dbias;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({width}), &dbias));
    const float* pdy = dy.flat<float>().data();
    BlockedSum(c, rows, width, width, dbias->flat<float>().data(), [=](int64_t begin, int64_t end, float* partial) {
      for (int64_t r = begin; r < end; ++r) Accumulate(pdy + r * width, width, partial);
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaAddBiasGrad").Device(DEVICE_CPU), AddBiasGrad);

}  // namespace ofa
