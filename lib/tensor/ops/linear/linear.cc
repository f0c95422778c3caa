// x · weight + bias + residual in mixed precision, whatever the width: weights are rounded once into panels of columns,
// rows a block at a time, and the sums get bias and residual while they are in the cache. TensorFlow's way takes three
// more passes over memory.
#include "simd/panels.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

// others: bias [out], then what is added to the result.
REGISTER_OP("OfaLinear")
    .Input("x: float")
    .Input("weight: float")
    .Input("others: N * float")
    .Output("y: float")
    .Attr("N: int >= 0")
    .Attr("transposed: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class Linear : public OpKernel {
 public:
  explicit Linear(OpKernelConstruction* c) : OpKernel(c) { OP_REQUIRES_OK(c, c->GetAttr("transposed", &transposed_)); }

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    OpInputList others;
    OP_REQUIRES_OK(c, c->input_list("others", &others));
    OP_REQUIRES_OK(c, HasRank(c->input(1), 2, "the weight"));
    const Panels<Pair> panels(c, c->input(1), transposed_);
    const int64_t depth = panels.depth(), n = panels.n();
    OP_REQUIRES(c, n % 8 == 0, absl::InvalidArgumentError("the width must be a multiple of 8"));
    OP_REQUIRES_OK(c, HasRows(x, depth, "x"));
    const int64_t rows = x.NumElements() / depth;
    for (int i = 0; i < others.size(); ++i)
      OP_REQUIRES_OK(c, HasCount(others[i], i == 0 ? n : rows * n, i == 0 ? "bias" : "residual"));
    TensorShape shape = x.shape();
    shape.set_dim(shape.dims() - 1, n);
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, shape, &y));
    const float* from = x.flat<float>().data();
    const float *bias = others.size() > 0 ? others[0].flat<float>().data() : nullptr,
                *residual = others.size() > 1 ? others[1].flat<float>().data() : nullptr;
    float* to = y->flat<float>().data();
    // As many rows at a time as leave the cache room for a panel.
    const int64_t pairs = panels.steps(), block = std::min<int64_t>(96, std::max<int64_t>(12, 32768 / pairs / 12 * 12));
    Parallel(c, (rows + block - 1) / block, block * depth * n / 16, [&](int64_t begin, int64_t end) {
      Buffer<Pair> left(block * pairs);
      for (int64_t b = begin; b < end; ++b) {
        const int64_t first = b * block, many = std::min(block, rows - first);
        PairAlong(many, depth, {from + first * depth, depth}, {left.data(), pairs});
        for (int64_t p = 0; p < panels.count(); ++p) {
          const int64_t at = first * n + p * kPanel, width = panels.width(p);
          panels.Multiply(many, left.data(), p, {to + at, n});
          if (bias == nullptr) continue;
          for (int64_t r = 0; r < many; ++r)
            AddRow(to + at + r * n, width, bias + p * kPanel, residual == nullptr ? nullptr : residual + at + r * n,
                   to + at + r * n);
        }
      }
    });
  }

 private:
  bool transposed_;
};
REGISTER_KERNEL_BUILDER(Name("OfaLinear").Device(DEVICE_CPU), Linear);

}  // namespace ofa
