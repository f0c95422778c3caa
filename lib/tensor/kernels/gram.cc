// X Xᵀ of few rows and many columns, the Gram matrices of CKA: half of a product, since the result is symmetric. A piece of the
// columns at a time is transposed into the cache, where both factors are read from.
#include "parallel.h"
#include "product.h"
#include "rows.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

REGISTER_OP("OfaGram").Input("x: float").Output("y: float").SetShapeFn(shape_inference::UnknownShape);

namespace gram {
typedef Lanes<kWide, float>::Vector Vector;
typedef int32_t Places __attribute__((vector_size(4 * kWide)));

/** Exchanges the two quarters off the diagonal of each square of 2 · kStep rows and lanes. */
template <int kStep>
inline void Exchange(Vector* rows) {
  Places low, high;
  for (int lane = 0; lane < kWide; ++lane) {
    low[lane] = lane & kStep ? kWide + lane - kStep : lane;
    high[lane] = low[lane] + kStep;
  }
#pragma GCC unroll 16
  for (int r = 0; r < kWide; ++r) {
    if (r & kStep) continue;
    const Vector upper = rows[r], lower = rows[r + kStep];
    rows[r] = __builtin_shuffle(upper, lower, low);
    rows[r + kStep] = __builtin_shuffle(upper, lower, high);
  }
}

/** The transpose of a square of kWide rows, within the registers. */
inline void TransposeSquare(const float* from, int64_t stride, float* to, int64_t pitch) {
  Vector rows[kWide];
#pragma GCC unroll 16
  for (int r = 0; r < kWide; ++r) rows[r] = *reinterpret_cast<const Vector*>(from + r * stride);
  Exchange<1>(rows);
  Exchange<2>(rows);
  Exchange<4>(rows);
  if constexpr (kWide == 16) Exchange<8>(rows);
#pragma GCC unroll 16
  for (int r = 0; r < kWide; ++r) *reinterpret_cast<Vector*>(to + r * pitch) = rows[r];
}

/** x [n, count], its rows `width` apart, as [count, pitch]. */
inline void TransposePiece(const float* x, int64_t n, int64_t width, int64_t count, float* to, int64_t pitch) {
  for (int64_t i = 0; i < n; i += kWide)
    for (int64_t k = 0; k < count; k += kWide) {
      const float* from = x + i * width + k;
      float* square = to + k * pitch + i;
      if (i + kWide <= n && k + kWide <= count) TransposeSquare(from, width, square, pitch);
      else Transpose(std::min<int64_t>(kWide, n - i), std::min<int64_t>(kWide, count - k), {from, width}, {square, pitch});
    }
}

/** Adds to sums [n, n], on and above the diagonal, the product of x [count, n] transposed and x. */
inline void AddUpperHalf(const float* x, int64_t n, int64_t count, float* sums) {
  constexpr int64_t kPanel = 2 * kWide;
  for (int64_t j = 0; j < n; j += kPanel) {
    const int64_t end = std::min(n, j + kPanel);
    Product<float>(j, end - j, count, {x, 1, n}, {x + j, n}, {sums + j, n}, true);
    // Narrower where the diagonal is, below which all is in vain.
    for (int64_t d = j; d < end; d += kWide) Product<float>(d + kWide - j, kWide, count, {x + j, 1, n}, {x + d, n}, {sums + j * n + d, n}, true);
  }
}
}  // namespace gram

class Gram : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    const int64_t n = x.dim_size(0), width = x.dim_size(1), pitch = (n + kWide - 1) / kWide * kWide;
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({n, n}), &y));
    const float* px = x.flat<float>().data();
    // At most a quarter of a megabyte, which stays in the cache of a core.
    const int64_t depth = std::max<int64_t>(64, std::min<int64_t>(512, (1 << 16) / pitch / kWide * kWide));
    std::vector<float> sums(pitch * pitch);
    BlockedSum(c, width, pitch * pitch, pitch * pitch / kWide, sums.data(), [=](int64_t begin, int64_t end, float* partial) {
      std::vector<float> piece(depth * pitch, 0.0f), run(pitch * pitch);
      // Sums of more terms one by one lose digits, of which centring afterwards leaves few.
      constexpr int64_t kTerms = 1024;
      for (int64_t first = begin; first < end; first += kTerms) {
        const int64_t last = std::min(end, first + kTerms);
        std::fill(run.begin(), run.end(), 0.0f);
        for (int64_t k = first; k < last; k += depth) {
          const int64_t count = std::min(depth, last - k);
          gram::TransposePiece(px + k, n, width, count, piece.data(), pitch);
          gram::AddUpperHalf(piece.data(), pitch, count, run.data());
        }
        Accumulate(run.data(), pitch * pitch, partial);
      }
    }, 16, 2048);
    float* py = y->flat<float>().data();
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) py[i * n + j] = sums[std::min(i, j) * pitch + std::max(i, j)];
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaGram").Device(DEVICE_CPU), Gram);

}  // namespace ofa
