// X Xᵀ of few rows and many columns, the Gram matrices of CKA: half of a product, since the result is symmetric. A
// piece of the columns at a time is transposed into the cache, where both factors are read from.
#include "simd/parallel.h"
#include "simd/product.h"
#include "simd/rows.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

REGISTER_OP("OfaGram").Input("x: float").Output("y: float").SetShapeFn(shape_inference::UnknownShape);

namespace gram {
/** Columns of a panel: what a tile of the product is wide. */
constexpr int64_t kPanel = 3 * kWide;

/** x [n, count], its rows `width` apart, as panels [n / kPanel, depth, kPanel] of its transpose, so that a panel stays
 * in the nearest cache. */
inline void TransposePiece(const float* x, int64_t n, int64_t width, int64_t count, int64_t depth, float* panels) {
  for (int64_t i = 0; i < n; i += kWide)
    for (int64_t k = 0; k < count; k += kWide) {
      const float* from = x + i * width + k;
      float* square = panels + (i / kPanel * depth + k) * kPanel + i % kPanel;
      Transpose(std::min<int64_t>(kWide, n - i), std::min<int64_t>(kWide, count - k), {from, width}, {square, kPanel});
    }
}

/** Adds to sums [pitch, pitch], on and above the diagonal, the product of a piece and its transpose. */
inline void AddUpperHalf(const float* panels, int64_t pitch, int64_t count, int64_t depth, float* sums) {
  for (int64_t j = 0; j < pitch; j += kPanel) {
    const float* right = panels + j * depth;
    const int64_t columns = std::min(kPanel, pitch - j);
    for (int64_t i = 0; i < j; i += kPanel)
      Product<float>(kPanel, columns, count, {panels + i * depth, 1, kPanel}, {right, kPanel},
                     {sums + i * pitch + j, pitch}, true);
    // Fewer columns the further down, since below the diagonal all is in vain.
    for (int64_t d = 0; d < columns; d += kWide)
      Product<float>(kWide, columns - d, count, {right + d, 1, kPanel}, {right + d, kPanel},
                     {sums + (j + d) * (pitch + 1), pitch}, true);
  }
}
}  // namespace gram

class Gram : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    OP_REQUIRES_OK(c, HasRank(x, 2, "x"));
    const int64_t n = x.dim_size(0), width = x.dim_size(1), pitch = (n + kWide - 1) / kWide * kWide;
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({n, n}), &y));
    if (n == 0) return;
    const float* px = x.flat<float>().data();
    // A piece takes at most a quarter of a megabyte, which stays in the cache of a core.
    const int64_t depth = std::max<int64_t>(kWide, std::min<int64_t>(256, (1 << 16) / pitch / kWide * kWide));
    Buffer<float> sums(pitch * pitch);
    BlockedSum(
        c, width, pitch * pitch, pitch * pitch / kWide, sums.data(),
        [=](int64_t begin, int64_t end, float* partial) {
          Buffer<float> panels((pitch + gram::kPanel) * depth, 0.0f);
          for (int64_t k = begin; k < end; k += depth) {
            const int64_t count = std::min(depth, end - k);
            gram::TransposePiece(px + k, n, width, count, depth, panels.data());
            gram::AddUpperHalf(panels.data(), pitch, count, depth, partial);
          }
        },
        std::clamp<int64_t>((int64_t{1} << 26) / (pitch * pitch), 1, 4 * Threads(c)), 2048);
    float* py = y->flat<float>().data();
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) py[i * n + j] = sums[std::min(i, j) * pitch + std::max(i, j)];
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaGram").Device(DEVICE_CPU), Gram);

}  // namespace ofa
