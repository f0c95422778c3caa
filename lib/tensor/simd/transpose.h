// The transpose of a matrix, computed in registers, one square block of vectors at a time.
#pragma once
#include <cstdint>

#include "simd/matrix.h"
#include "simd/vectors.h"

namespace ofa {

namespace block {
typedef Lanes<kVectorLanes, float>::Vector Vector;
typedef int32_t LaneIndices __attribute__((vector_size(4 * kVectorLanes)));

/** Exchanges the two off-diagonal quarters of each square of 2 · kStep rows and lanes. */
template <int kStep>
inline void ExchangeQuarters(Vector* rows) {
  LaneIndices low, high;
  for (int lane = 0; lane < kVectorLanes; ++lane) {
    low[lane] = lane & kStep ? kVectorLanes + lane - kStep : lane;
    high[lane] = low[lane] + kStep;
  }
#pragma GCC unroll 16
  for (int r = 0; r < kVectorLanes; ++r) {
    if (r & kStep) continue;
    const Vector upper = rows[r], lower = rows[r + kStep];
    rows[r] = __builtin_shuffle(upper, lower, low);
    rows[r + kStep] = __builtin_shuffle(upper, lower, high);
  }
}

template <typename Number>
inline void Transpose(const Number* from, int64_t from_stride, Number* to, int64_t to_stride) {
  Vector rows[kVectorLanes];
#pragma GCC unroll 16
  for (int r = 0; r < kVectorLanes; ++r) rows[r] = *reinterpret_cast<const Vector*>(from + r * from_stride);
  ExchangeQuarters<1>(rows);
  ExchangeQuarters<2>(rows);
  ExchangeQuarters<4>(rows);
  if constexpr (kVectorLanes == 16) ExchangeQuarters<8>(rows);
#pragma GCC unroll 16
  for (int r = 0; r < kVectorLanes; ++r) *reinterpret_cast<Vector*>(to + r * to_stride) = rows[r];
}
}  // namespace block

/** Writes the transpose [columns, rows] of a matrix [rows, columns] of 32-bit numbers. */
template <typename Number = float>
inline void Transpose(int64_t rows, int64_t columns, const Matrix<const Number>& from, const Matrix<Number>& to) {
  const int64_t block_rows = rows / kVectorLanes * kVectorLanes, block_columns = columns / kVectorLanes * kVectorLanes;
  for (int64_t i = 0; i < block_rows; i += kVectorLanes)
    for (int64_t j = 0; j < block_columns; j += kVectorLanes)
      block::Transpose(from.data + i * from.stride + j, from.stride, to.data + j * to.stride + i, to.stride);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = i < block_rows ? block_columns : 0; j < columns; ++j)
      to.data[j * to.stride + i] = from.data[i * from.stride + j];
}

}  // namespace ofa
