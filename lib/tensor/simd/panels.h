// Packed factors of large products, as floats or pairs of bfloat16: the right factor in panels of columns that are read
// from start to end, the left one in blocks of rows.
#pragma once
#include <algorithm>
#include <type_traits>

#include "simd/bfloat16.h"
#include "simd/parallel.h"
#include "simd/product.h"

namespace ofa {

/** How many numbers of this type `depth` floats along the depth of a product are packed into. */
template <typename Number>
constexpr int64_t PackedDepth(int64_t depth) {
  return std::is_same_v<Number, Bf16Pair> ? (depth + 1) / 2 : depth;
}

/** Packs rows of a right factor. */
inline void PackRight(int64_t rows, int64_t columns, const Matrix<const float>& from, Bf16Pair* to) {
  PackRowPairs(rows, columns, from, to);
}
inline void PackRight(int64_t rows, int64_t columns, const Matrix<const float>& from, float* to) {
  for (int64_t r = 0; r < rows; ++r) std::copy_n(from.data + r * from.stride, columns, to + r * columns);
}

/** Packs a row of a left factor. */
inline void PackLeftRow(int64_t width, const float* from, Bf16Pair* to) {
  PackColumnPairs(1, width, {from, width}, {to, 0});
}
inline void PackLeftRow(int64_t width, const float* from, float* to) { std::copy_n(from, width, to); }

/** A right factor [depth, columns], given as such or as its transpose [columns, depth]. */
template <typename Number>
class RightPanels {
 public:
  RightPanels(OpKernelContext* c, const tensorflow::Tensor& weight, bool transposed = false)
      : depth_(weight.dim_size(transposed ? 1 : 0)),
        columns_(weight.dim_size(transposed ? 0 : 1)),
        numbers_(packed_depth() * columns_) {
    const float* from = weight.flat<float>().data();
    const int64_t blocks = (depth_ + kBlockRows - 1) / kBlockRows;
    Parallel(c, count() * blocks, kBlockRows * kPanelColumns, [&](int64_t begin, int64_t end) {
      Buffer<float> block(transposed ? kBlockRows * kPanelColumns : 0);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t panel = i / blocks, column = panel * kPanelColumns, row = i % blocks * kBlockRows;
        const int64_t rows = std::min(kBlockRows, depth_ - row);
        if (transposed)
          Transpose(width(panel), rows, {from + column * depth_ + row, depth_}, {block.data(), kPanelColumns});
        const Matrix<const float> source = transposed ? Matrix<const float>{block.data(), kPanelColumns}
                                                      : Matrix<const float>{from + row * columns_ + column, columns_};
        PackRight(rows, width(panel), source,
                  numbers_.data() + column * packed_depth() + PackedDepth<Number>(row) * width(panel));
      }
    });
  }

  int64_t depth() const { return depth_; }
  int64_t packed_depth() const { return PackedDepth<Number>(depth_); }
  int64_t columns() const { return columns_; }
  int64_t count() const { return (columns_ + kPanelColumns - 1) / kPanelColumns; }
  int64_t width(int64_t panel) const { return std::min(kPanelColumns, columns_ - panel * kPanelColumns); }
  Matrix<const Number> operator[](int64_t panel) const {
    return {numbers_.data() + panel * kPanelColumns * packed_depth(), width(panel)};
  }

  /** The columns of one panel in the product of packed left rows, without gaps, and this factor. */
  void MultiplyPanel(int64_t rows, const Number* left, int64_t panel, const Matrix<float>& to,
                     Store store = Store::kSet) const {
    Multiply<Number>({rows, width(panel), packed_depth()}, {left, packed_depth(), 1}, (*this)[panel], to, store);
  }

 private:
  /** Rows that a thread packs at a time; even, so that no pair is split. */
  static constexpr int64_t kBlockRows = 128;

  int64_t depth_, columns_;
  Buffer<Number> numbers_;
};

}  // namespace ofa
