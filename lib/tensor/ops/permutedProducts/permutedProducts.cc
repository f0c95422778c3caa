// Inner products of symmetric matrices, the right ones under many permutations of their examples: the null distribution
// of a similarity. A permuted row of all right matrices fits in the cache, where it is multiplied by the same row of
// all left matrices; nothing is permuted in main memory.
#include "simd/checks.h"
#include "simd/parallel.h"
#include "simd/product.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace permuted_products {
/** Symmetric matrices of n × n, given as columns of their upper triangles and, after these, of their diagonals. */
class SymmetricMatrices {
 public:
  /** triangles [length, columns]; `width` is the number of columns rounded up, the others are zero. */
  SymmetricMatrices(int64_t n, int64_t width) : n_(n), width_(width), values_(n * n * width, 0.0f) {}

  void Read(const float* triangles, int64_t columns, bool with_diagonal) {
    for (int64_t i = 0; i < n_; ++i)
      for (int64_t j = i + 1; j < n_; ++j, triangles += columns) {
        std::copy_n(triangles, columns, Entry(i, j));
        std::copy_n(triangles, columns, Entry(j, i));
      }
    if (!with_diagonal) return;
    for (int64_t i = 0; i < n_; ++i, triangles += columns) std::copy_n(triangles, columns, Entry(i, i));
  }

  /** The entries (i, j) of all matrices. */
  const float* At(int64_t i, int64_t j) const { return values_.data() + (i * n_ + j) * width_; }

 private:
  float* Entry(int64_t i, int64_t j) { return values_.data() + (i * n_ + j) * width_; }

  int64_t n_, width_;
  Buffer<float> values_;
};
}  // namespace permuted_products

REGISTER_OP("OfaPermutedProducts")
    .Input("rows: float")
    .Input("columns: float")
    .Input("orders: int32")
    .Output("y: float")
    .SetShapeFn(shape_inference::UnknownShape);

class PermutedProducts : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &rows = c->input(0), &columns = c->input(1), &orders = c->input(2);
    OP_REQUIRES_OK(c, CheckRank(rows, 2, "rows"));
    OP_REQUIRES_OK(c, CheckRank(columns, 2, "columns"));
    OP_REQUIRES_OK(c, CheckRank(orders, 2, "orders"));
    const int64_t n = orders.dim_size(1), length = rows.dim_size(1), above = n * (n - 1) / 2;
    const bool with_diagonal = length == above + n;
    OP_REQUIRES(c, length == above || with_diagonal,
                absl::InvalidArgumentError("rows have " + std::to_string(length) + " entries, which is not the size " +
                                           "of a triangle of " + std::to_string(n) + " examples"));
    OP_REQUIRES_OK(c, CheckSize(columns, length * columns.dim_size(1), "columns"));
    const int32_t* order = orders.flat<int32_t>().data();
    OP_REQUIRES(c, std::all_of(order, order + orders.NumElements(), [n](int32_t i) { return i >= 0 && i < n; }),
                absl::InvalidArgumentError("an order has a number outside of the examples"));

    const int64_t count = orders.dim_size(0), left = rows.dim_size(0), right = columns.dim_size(1);
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({count, left, right}), &y));
    if (y->NumElements() == 0) return;
    const int64_t width = (right + 7) / 8 * 8;
    permuted_products::SymmetricMatrices matrices(n, width);
    matrices.Read(columns.flat<float>().data(), right, with_diagonal);
    Buffer<float> sums(count * left * width, 0.0f);
    const float* row_data = rows.flat<float>().data();
    Parallel(c, count, length * left * width / 16, [&](int64_t first, int64_t last) {
      Buffer<float> line(n * width);
      const float* row = row_data;
      const auto add = [&](int64_t depth, int64_t k) {
        Multiply<float>({left, width, depth}, {row, length, 1}, {line.data(), width},
                        {sums.data() + k * left * width, width}, Store::kAdd);
      };
      // The row of the left matrices stays in the cache for all permutations of this thread.
      for (int64_t i = 0; i < n; row += n - i - 1, ++i)
        for (int64_t k = first; k < last; ++k) {
          const int32_t* p = order + k * n;
          for (int64_t j = i + 1; j < n; ++j)
            std::copy_n(matrices.At(p[i], p[j]), width, line.data() + (j - i - 1) * width);
          add(n - i - 1, k);
        }
      if (!with_diagonal) return;
      for (int64_t k = first; k < last; ++k) {
        const int32_t* p = order + k * n;
        for (int64_t i = 0; i < n; ++i) std::copy_n(matrices.At(p[i], p[i]), width, line.data() + i * width);
        add(n, k);
      }
    });
    float* result = y->flat<float>().data();
    for (int64_t at = 0; at < count * left; ++at) std::copy_n(sums.data() + at * width, right, result + at * right);
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaPermutedProducts").Device(DEVICE_CPU), PermutedProducts);

}  // namespace ofa
