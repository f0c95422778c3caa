// Products in float32 or in mixed precision: factors rounded to bfloat16, sums kept in float32.
#pragma once
#include <algorithm>

#include "simd/bfloat16.h"
#include "simd/product.h"

namespace ofa {

/** A right factor [depth, columns] without gaps that many products share; rounded once. */
class SharedFactor {
 public:
  SharedFactor(int64_t depth, int64_t columns, const float* data, bool bfloat16)
      : data_(data), columns_(columns), panels_(bfloat16 ? (depth + 1) / 2 * columns : 0) {
    if (bfloat16) PackRowPairsInPanels(depth, columns, {data, columns}, panels_.data());
  }

  Matrix<const float> floats() const { return {data_, columns_}; }
  const Bf16Pair* panels() const { return panels_.data(); }

 private:
  const float* data_;
  int64_t columns_;
  Buffer<Bf16Pair> panels_;
};

/** The transpose [out, in] of a weight [in, out], by which gradients are multiplied. */
struct TransposedWeight {
  TransposedWeight(const float* weight, int64_t in, int64_t out, bool bfloat16)
      : in(in), out(out), floats(Transposed(weight, in, out)), factor(out, in, floats.data(), bfloat16) {}

  static Buffer<float> Transposed(const float* weight, int64_t in, int64_t out) {
    Buffer<float> transposed(in * out);
    Transpose(in, out, {weight, out}, {transposed.data(), in});
    return transposed;
  }

  int64_t in, out;
  Buffer<float> floats;
  SharedFactor factor;
};

/** Computes products on one thread; owns the working memory. */
class Multiplier {
 public:
  explicit Multiplier(bool bfloat16) : bfloat16_(bfloat16) {}

  /** C = A · B or C += A · B. The columns must be a multiple of 8, and one of A's strides 1. */
  void operator()(const ProductSize& size, const StridedMatrix<float>& a, const Matrix<const float>& b,
                  const Matrix<float>& c, Store store = Store::kSet) {
    if (!bfloat16_) return Multiply<float>(size, a, b, c, store);
    const int64_t pairs = (size.depth + 1) / 2;
    right_.resize(std::max<size_t>(right_.size(), pairs * size.columns));
    PackRowPairsInPanels(size.depth, size.columns, b, right_.data());
    MultiplyPanels(size, a, right_.data(), c, store);
  }

  void operator()(const ProductSize& size, const StridedMatrix<float>& a, const SharedFactor& b, const Matrix<float>& c,
                  Store store = Store::kSet) {
    if (bfloat16_)
      MultiplyPanels(size, a, b.panels(), c, store);
    else
      Multiply<float>(size, a, b.floats(), c, store);
  }

 private:
  void MultiplyPanels(const ProductSize& size, const StridedMatrix<float>& a, const Bf16Pair* panels,
                      const Matrix<float>& c, Store store) {
    const StridedMatrix<Bf16Pair> left = PackLeft(size.rows, size.depth, a);
    const int64_t pairs = (size.depth + 1) / 2;
    for (int64_t j = 0; j < size.columns; j += kPanelColumns) {
      const int64_t width = std::min(kPanelColumns, size.columns - j);
      Multiply<Bf16Pair>({size.rows, width, pairs}, left, {panels + j * pairs, width}, {c.data + j, c.stride}, store);
    }
  }

  StridedMatrix<Bf16Pair> PackLeft(int64_t rows, int64_t depth, const StridedMatrix<float>& a) {
    const int64_t pairs = (depth + 1) / 2, stride = RoundUpToCacheLine(pairs);
    left_.resize(std::max<size_t>(left_.size(), rows * stride));
    if (a.column_stride == 1) {
      PackColumnPairs(rows, depth, {a.data, a.row_stride}, {left_.data(), stride});
      return {left_.data(), stride, 1};
    }
    PackRowPairs(depth, rows, {a.data, a.column_stride}, left_.data());
    return LeftFactorFrom(rows, pairs, left_.data(), transposed_);
  }

  bool bfloat16_;
  Buffer<Bf16Pair> left_, transposed_, right_;
};

}  // namespace ofa
