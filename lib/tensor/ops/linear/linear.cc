// x · weight + bias + residual in mixed precision. Weights are rounded once into panels of columns, rows one block at a
// time, and bias and residual are added while the sums are in the cache. TensorFlow's ops need three more passes over
// memory.
#include "simd/checks.h"
#include "simd/panels.h"
#include "simd/rows.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

// terms: the bias [out], then the residual.
REGISTER_OP("OfaLinear")
    .Input("x: float")
    .Input("weight: float")
    .Input("terms: N * float")
    .Output("y: float")
    .Attr("N: int >= 0")
    .Attr("transposed: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class Linear : public OpKernel {
 public:
  explicit Linear(OpKernelConstruction* c) : OpKernel(c) { OP_REQUIRES_OK(c, c->GetAttr("transposed", &transposed_)); }

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &weight = c->input(1);
    OpInputList terms;
    OP_REQUIRES_OK(c, c->input_list("terms", &terms));
    OP_REQUIRES_OK(c, CheckRank(weight, 2, "the weight"));
    const RightPanels<Bf16Pair> panels(c, weight, transposed_);
    const int64_t in = panels.depth(), out = panels.columns(), pairs = panels.packed_depth();
    OP_REQUIRES(c, out % 8 == 0, absl::InvalidArgumentError("the output width must be a multiple of 8"));
    OP_REQUIRES_OK(c, CheckRowWidth(x, in, "x"));
    const int64_t rows = x.NumElements() / in;
    if (terms.size() > 0) OP_REQUIRES_OK(c, CheckSize(terms[0], out, "the bias"));
    if (terms.size() > 1) OP_REQUIRES_OK(c, CheckSize(terms[1], rows * out, "the residual"));
    TensorShape shape = x.shape();
    shape.set_dim(shape.dims() - 1, out);
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, shape, &y));
    const float* x_data = x.flat<float>().data();
    const float* bias = terms.size() > 0 ? terms[0].flat<float>().data() : nullptr;
    const float* residual = terms.size() > 1 ? terms[1].flat<float>().data() : nullptr;
    float* y_data = y->flat<float>().data();
    // As many rows at a time as leave room for a panel in the cache; a multiple of the rows of a tile.
    const int64_t block = std::min<int64_t>(96, std::max<int64_t>(12, 32768 / pairs / 12 * 12));
    Parallel(c, (rows + block - 1) / block, block * in * out / 16, [&](int64_t begin, int64_t end) {
      Buffer<Bf16Pair> left(block * pairs);
      for (int64_t b = begin; b < end; ++b) {
        const int64_t first = b * block, count = std::min(block, rows - first);
        PackColumnPairs(count, in, {x_data + first * in, in}, {left.data(), pairs});
        for (int64_t p = 0; p < panels.count(); ++p) {
          const int64_t column = p * kPanelColumns, at = first * out + column;
          panels.MultiplyPanel(count, left.data(), p, {y_data + at, out});
          if (bias == nullptr) continue;
          for (int64_t r = 0; r < count; ++r)
            AddRow(y_data + at + r * out, panels.width(p), bias + column,
                   residual == nullptr ? nullptr : residual + at + r * out, y_data + at + r * out);
        }
      }
    });
  }

 private:
  bool transposed_;
};
REGISTER_KERNEL_BUILDER(Name("OfaLinear").Device(DEVICE_CPU), Linear);

}  // namespace ofa
