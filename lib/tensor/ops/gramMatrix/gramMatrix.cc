// X Xᵀ of a matrix with few rows and many columns, as in CKA. The result is symmetric, so that half of the product is
// enough. A block of columns at a time is transposed into the cache, from which both factors are read.
#include "simd/checks.h"
#include "simd/parallel.h"
#include "simd/product.h"
#include "simd/transpose.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace gram {
/** Columns of a panel: the width of a tile of the product. */
constexpr int64_t kPanel = 3 * kVectorLanes;

/**
 * The transpose of a block of columns of x, as panels [⌈rows / kPanel⌉, depth, kPanel], so that a panel fits in the
 * first-level cache.
 */
class TransposedPanels {
 public:
  TransposedPanels(int64_t stride, int64_t depth) : depth_(depth), panels_((stride + kPanel) * depth, 0.0f) {}

  /** Reads `columns` columns, at most `depth`. */
  void Read(int64_t rows, int64_t columns, const Matrix<const float>& x) {
    for (int64_t i = 0; i < rows; i += kVectorLanes)
      for (int64_t k = 0; k < columns; k += kVectorLanes) {
        float* to = panels_.data() + (i / kPanel * depth_ + k) * kPanel + i % kPanel;
        Transpose(std::min<int64_t>(kVectorLanes, rows - i), std::min<int64_t>(kVectorLanes, columns - k),
                  {x.data + i * x.stride + k, x.stride}, {to, kPanel});
      }
  }

  /** Adds the product of the block and its transpose to sums [stride, stride], on and above the diagonal. */
  void AddUpperHalf(int64_t stride, int64_t columns, float* sums) const {
    for (int64_t j = 0; j < stride; j += kPanel) {
      const float* right = panels_.data() + j * depth_;
      const int64_t width = std::min(kPanel, stride - j);
      for (int64_t i = 0; i < j; i += kPanel)
        Multiply<float>({kPanel, width, columns}, {panels_.data() + i * depth_, 1, kPanel}, {right, kPanel},
                        {sums + i * stride + j, stride}, Store::kAdd);
      // On the diagonal, each group of rows needs fewer columns than the one above.
      for (int64_t d = 0; d < width; d += kVectorLanes)
        Multiply<float>({kVectorLanes, width - d, columns}, {right + d, 1, kPanel}, {right + d, kPanel},
                        {sums + (j + d) * (stride + 1), stride}, Store::kAdd);
    }
  }

 private:
  int64_t depth_;
  Buffer<float> panels_;
};
}  // namespace gram

REGISTER_OP("OfaGram").Input("x: float").Output("y: float").SetShapeFn(shape_inference::UnknownShape);

class Gram : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    OP_REQUIRES_OK(c, CheckRank(x, 2, "x"));
    const int64_t rows = x.dim_size(0), columns = x.dim_size(1);
    const int64_t stride = (rows + kVectorLanes - 1) / kVectorLanes * kVectorLanes;
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({rows, rows}), &y));
    if (rows == 0) return;
    const float* x_data = x.flat<float>().data();
    // A block has at most a quarter of a megabyte, which stays in the cache of a core.
    const int64_t depth =
        std::max<int64_t>(kVectorLanes, std::min<int64_t>(256, (1 << 16) / stride / kVectorLanes * kVectorLanes));
    const int64_t max_blocks = std::clamp<int64_t>((int64_t{1} << 26) / (stride * stride), 1, 4 * ThreadCount(c));
    Buffer<float> sums(stride * stride);
    const BlockedSumOptions options{columns, stride * stride, stride * stride / kVectorLanes, max_blocks, 2048};
    BlockedSum(c, options, sums.data(), [=](int64_t begin, int64_t end, float* partial) {
      gram::TransposedPanels panels(stride, depth);
      for (int64_t k = begin; k < end; k += depth) {
        const int64_t count = std::min(depth, end - k);
        panels.Read(rows, count, {x_data + k, columns});
        panels.AddUpperHalf(stride, count, partial);
      }
    });
    float* y_data = y->flat<float>().data();
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < rows; ++j) y_data[i * rows + j] = sums[std::min(i, j) * stride + std::max(i, j)];
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaGram").Device(DEVICE_CPU), Gram);

}  // namespace ofa
