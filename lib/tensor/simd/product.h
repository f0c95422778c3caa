// Products of matrices that fit in the cache, on one thread: the core of kernels that take a part of their input
// through all layers.
#pragma once
#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "simd/amx.h"
#include "simd/matrix.h"
#include "simd/vectors.h"

namespace ofa {

/**
 * R rows and V vectors of columns of the result, held in registers over the whole depth. `Number` is float or Bf16Pair;
 * the depth counts these.
 */
template <int kLanes, int R, int V, typename Number>
inline void MultiplyTile(int64_t depth, const StridedMatrix<Number>& left, const Matrix<const Number>& right,
                         const Matrix<float>& result, Store store) {
  typedef typename Lanes<kLanes, float>::Vector Vector;
  const Number *a = left.data, *b = right.data;
  const int64_t row = left.row_stride, column = left.column_stride, stride = right.stride;
  Vector sums[R][V];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sums[r][v] = Vector{};
  for (int64_t k = 0; k < depth; ++k, a += column, b += stride) {
    typename Lanes<kLanes, Number>::Vector line[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v)
      line[v] = *reinterpret_cast<const typename Lanes<kLanes, Number>::Vector*>(b + v * kLanes);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const Number x = a[r * row];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) MultiplyAdd<kLanes>(x, line[v], sums[r][v]);
    }
  }
  const bool add = store == Store::kAdd;
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      Vector* to = reinterpret_cast<Vector*>(result.data + r * result.stride + v * kLanes);
      // Added last: a sum of partial sums loses fewer digits than one long sum.
      *to = add ? *to + sums[r][v] : sums[r][v];
    }
}

/** V vectors of columns of the result: R rows at a time, and the remaining rows by fours, twos and ones. */
template <int kLanes, int R, int V, typename Number>
inline void MultiplyColumns(int64_t rows, int64_t depth, const StridedMatrix<Number>& a, const Matrix<const Number>& b,
                            const Matrix<float>& c, Store store) {
#ifdef __AMX_BF16__
  if constexpr (std::is_same_v<Number, Bf16Pair>)
    if (HasMatrixUnit()) return MultiplyOnMatrixUnit<V>({rows, kLanes, depth}, a, b, c, store);
#endif
  const auto a_from = [&](int64_t i) {
    return StridedMatrix<Number>{a.data + i * a.row_stride, a.row_stride, a.column_stride};
  };
  const auto c_from = [&](int64_t i) { return Matrix<float>{c.data + i * c.stride, c.stride}; };
  int64_t i = 0;
  for (; i + R <= rows; i += R) MultiplyTile<kLanes, R, V>(depth, a_from(i), b, c_from(i), store);
  for (; i + 4 <= rows; i += 4) MultiplyTile<kLanes, 4, V>(depth, a_from(i), b, c_from(i), store);
  for (; i + 2 <= rows; i += 2) MultiplyTile<kLanes, 2, V>(depth, a_from(i), b, c_from(i), store);
  for (; i < rows; ++i) MultiplyTile<kLanes, 1, V>(depth, a_from(i), b, c_from(i), store);
}

/**
 * C = A · B or C += A · B; the depth counts numbers of the type `Number`. The columns must be a multiple of 8, and one
 * of A's strides 1; on a matrix unit, the column stride (`LeftFactorFrom`).
 */
template <typename Number>
inline void Multiply(const ProductSize& size, const StridedMatrix<Number>& a, const Matrix<const Number>& b,
                     const Matrix<float>& c, Store store = Store::kSet) {
  const int64_t rows = size.rows, depth = size.depth;
  int64_t j = 0;
  while (j < size.columns) {
    const Matrix<const Number> right{b.data + j, b.stride};
    const Matrix<float> result{c.data + j, c.stride};
    const int64_t vectors = std::min<int64_t>(kMaxVectors, (size.columns - j) / kVectorLanes);
    if (vectors == 4)
      MultiplyColumns<kVectorLanes, RowsInRegisters<4>(6), 4>(rows, depth, a, right, result, store);
    else if (vectors == 3)
      MultiplyColumns<kVectorLanes, RowsInRegisters<3>(8), 3>(rows, depth, a, right, result, store);
    else if (vectors == 2)
      MultiplyColumns<kVectorLanes, RowsInRegisters<2>(12), 2>(rows, depth, a, right, result, store);
    else if (vectors == 1)
      MultiplyColumns<kVectorLanes, 12, 1>(rows, depth, a, right, result, store);
    else
      MultiplyColumns<8, 12, 1>(rows, depth, a, right, result, store);
    j += vectors > 0 ? vectors * kVectorLanes : 8;
  }
}

}  // namespace ofa
