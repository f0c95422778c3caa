// Conversion of floats to pairs of bfloat16, in the layouts that products read.
#pragma once
#include <algorithm>
#include <cstring>

#include "simd/amx.h"
#include "simd/buffer.h"
#include "simd/matrix.h"
#include "simd/transpose.h"
#include "simd/vectors.h"

namespace ofa {

/** The bfloat16 nearest to x, ties to even, in the lower 16 bits. */
[[gnu::always_inline]] inline uint32_t ToBfloat16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, 4);
  return x != x ? 0x7fc0u : (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

/** Pairs of the elements of two rows: to[k] = (first[k], second[k]). */
inline void PackTwoRows(int64_t columns, const float* first, const float* second, Bf16Pair* to) {
  int64_t i = 0;
#ifdef __AVX512BF16__
  static const __m512i kInterleaved = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23,
                                                       7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  for (; i + 16 <= columns; i += 16) {
    const __m512bh halves = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(second + i), _mm512_loadu_ps(first + i));
    _mm512_storeu_si512(to + i, _mm512_permutexvar_epi16(kInterleaved, reinterpret_cast<__m512i>(halves)));
  }
#endif
#pragma omp simd
  for (int64_t k = i; k < columns; ++k) to[k].bits = ToBfloat16(first[k]) | ToBfloat16(second[k]) << 16;
}

/** Pairs of neighbouring rows: [rows, columns] → [⌈rows / 2⌉, columns]. A row is paired with zeros if it has no
 * partner. */
inline void PackRowPairs(int64_t rows, int64_t columns, const Matrix<const float>& from, Bf16Pair* to) {
  for (int64_t r = 0; r < rows; r += 2, to += columns) {
    const float *first = from.data + r * from.stride, *second = first + from.stride;
    if (r + 1 < rows) {
      PackTwoRows(columns, first, second, to);
    } else {
#pragma omp simd
      for (int64_t i = 0; i < columns; ++i) to[i].bits = ToBfloat16(first[i]);
    }
  }
}

/** Pairs within rows: [rows, columns] → [rows, ⌈columns / 2⌉]. */
inline void PackColumnPairs(int64_t rows, int64_t columns, const Matrix<const float>& from,
                            const Matrix<Bf16Pair>& packed) {
  // Two consecutive halves in memory are a pair, lower bits first.
  typedef uint16_t Half __attribute__((may_alias));
  const int64_t pairs = (columns + 1) / 2;
  Bf16Pair* to = packed.data;
  for (int64_t r = 0; r < rows; ++r, to += packed.stride) {
    const float* row = from.data + r * from.stride;
    if (columns % 2 == 1) to[pairs - 1].bits = ToBfloat16(row[columns - 1]);
    Half* halves = reinterpret_cast<Half*>(to);
    int64_t i = 0;
#ifdef __AVX512BF16__
    for (; i + 32 <= columns; i += 32)
      _mm512_storeu_si512(halves + i, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(_mm512_loadu_ps(row + i + 16),
                                                                                    _mm512_loadu_ps(row + i))));
#endif
#pragma omp simd
    for (int64_t k = i; k < columns / 2 * 2; ++k) halves[k] = static_cast<uint16_t>(ToBfloat16(row[k]));
  }
}

/**
 * The left factor [rows, pairs] of a product, given its transpose [pairs, rows] without gaps. A matrix unit reads whole
 * rows; for it they are written to `buffer`.
 */
inline StridedMatrix<Bf16Pair> LeftFactorFrom(int64_t rows, int64_t pairs, const Bf16Pair* transposed,
                                              Buffer<Bf16Pair>& buffer) {
  if (!HasMatrixUnit()) return {transposed, 1, rows};
  const int64_t stride = RoundUpToCacheLine(pairs);
  buffer.resize(std::max<size_t>(buffer.size(), rows * stride));
  Transpose<Bf16Pair>(pairs, rows, {transposed, rows}, {buffer.data(), stride});
  return {buffer.data(), stride, 1};
}

/** Columns of a panel: four vectors of 16, the most that a tile of `Multiply` holds. */
constexpr int64_t kPanelColumns = 64;

/**
 * Pairs of neighbouring rows, in panels of kPanelColumns columns, each without gaps: the rows of a wide matrix are far
 * apart and would share few lines of the cache.
 */
inline void PackRowPairsInPanels(int64_t rows, int64_t columns, const Matrix<const float>& from, Bf16Pair* to) {
  const int64_t pairs = (rows + 1) / 2;
  for (int64_t j = 0; j < columns; j += kPanelColumns)
    PackRowPairs(rows, std::min(kPanelColumns, columns - j), {from.data + j, from.stride}, to + j * pairs);
}

}  // namespace ofa
