// The transpose of a matrix, a square of as many rows as a vector has lanes at a time, within the registers.
#pragma once
#include <cstdint>

#include "simd/buffer.h"
#include "simd/factors.h"
#include "simd/lanes.h"

namespace ofa {

namespace square {
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

template <typename Number>
inline void Transpose(const Number* from, int64_t stride, Number* to, int64_t pitch) {
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
}  // namespace square

/** The transpose [columns, rows] of a matrix [rows, columns] of numbers of 32 bits, its own rows `to.stride` apart. */
template <typename Number = float>
inline void Transpose(int64_t rows, int64_t columns, const Rows<const Number>& from, const Rows<Number>& to) {
  const int64_t down = rows / kWide * kWide, across = columns / kWide * kWide;
  for (int64_t i = 0; i < down; i += kWide)
    for (int64_t j = 0; j < across; j += kWide)
      square::Transpose(from.data + i * from.stride + j, from.stride, to.data + j * to.stride + i, to.stride);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = i < down ? across : 0; j < columns; ++j)
      to.data[j * to.stride + i] = from.data[i * from.stride + j];
}

}  // namespace ofa
