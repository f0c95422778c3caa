// Products in float32, or in bfloat16 as mixed precision has them: factors are rounded to 8 bits of mantissa, sums kept
// in float32.
#pragma once
#include <algorithm>
#include <cstring>
#include <vector>

#include "simd/product.h"

namespace ofa {

/** The bfloat16 nearest to x, ties to even. */
[[gnu::always_inline]] inline uint32_t Rounded(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, 4);
  return x != x ? 0x7fc0u : (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

/** One row over another as pairs. */
inline void PairRows(int64_t columns, const float* first, const float* second, Pair* to) {
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
  for (int64_t k = i; k < columns; ++k) to[k].bits = Rounded(first[k]) | Rounded(second[k]) << 16;
}

/** Pairs of neighbouring rows: [rows, columns] → [rows / 2, columns]; beyond the last row there are zeros. */
inline void PairDown(int64_t rows, int64_t columns, const Rows<const float>& from, Pair* to) {
  for (int64_t r = 0; r < rows; r += 2, to += columns) {
    const float *first = from.data + r * from.stride, *second = first + from.stride;
    if (r + 1 < rows) {
      PairRows(columns, first, second, to);
    } else {
#pragma omp simd
      for (int64_t i = 0; i < columns; ++i) to[i].bits = Rounded(first[i]);
    }
  }
}

/** Pairs within rows: [rows, columns] → [rows, columns / 2]. Two halves in memory are a pair, lower bits first. */
inline void PairAlong(int64_t rows, int64_t columns, const Rows<const float>& from, const Rows<Pair>& rounded) {
  typedef uint16_t Half __attribute__((may_alias));
  const int64_t pairs = (columns + 1) / 2;
  Pair* to = rounded.data;
  for (int64_t r = 0; r < rows; ++r, to += rounded.stride) {
    const float* row = from.data + r * from.stride;
    if (columns % 2 == 1) to[pairs - 1].bits = Rounded(row[columns - 1]);
    Half* halves = reinterpret_cast<Half*>(to);
    int64_t i = 0;
#ifdef __AVX512BF16__
    for (; i + 32 <= columns; i += 32)
      _mm512_storeu_si512(halves + i, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(_mm512_loadu_ps(row + i + 16),
                                                                                    _mm512_loadu_ps(row + i))));
#endif
#pragma omp simd
    for (int64_t k = i; k < columns / 2 * 2; ++k) halves[k] = static_cast<uint16_t>(Rounded(row[k]));
  }
}

/** The left factor of a product whose transpose, pairs [pairs, m] without gaps, is given. A matrix unit reads rows,
 * which are then made in `turned`. */
inline Left<Pair> LeftOf(int64_t m, int64_t pairs, const Pair* transposed, Buffer<Pair>& turned) {
  if (!HasMatrixUnit()) return {transposed, 1, m};
  const int64_t row = WholeLines(pairs);
  turned.resize(std::max<size_t>(turned.size(), m * row));
  Transpose<Pair>(pairs, m, {transposed, m}, {turned.data(), row});
  return {turned.data(), row, 1};
}

/** Columns of a panel: four vectors, as many as a tile of `Product` holds. */
constexpr int64_t kPanel = 64;

/** Pairs of neighbouring rows in panels of columns, each without gaps: rows far apart, as those of a wide matrix, would
 * share few places of the cache. */
inline void PairPanels(int64_t depth, int64_t n, const Rows<const float>& from, Pair* to) {
  for (int64_t j = 0; j < n; j += kPanel)
    PairDown(depth, std::min(kPanel, n - j), {from.data + j, from.stride}, to + j * ((depth + 1) / 2));
}

/** A right factor [depth, n] without gaps that many products share: rounded once. */
class Weight {
 public:
  Weight(int64_t depth, int64_t n, const float* data, bool bfloat16)
      : data_(data), n_(n), pairs_(bfloat16 ? (depth + 1) / 2 * n : 0) {
    if (bfloat16) PairPanels(depth, n, {data, n}, pairs_.data());
  }

  Rows<const float> floats() const { return {data_, n_}; }
  const Pair* panels() const { return pairs_.data(); }

 private:
  const float* data_;
  int64_t n_;
  Buffer<Pair> pairs_;
};

/** Multiplies for one thread, on what it holds to write on. */
class Multiplier {
 public:
  explicit Multiplier(bool bfloat16) : bfloat16_(bfloat16) {}

  /** C [m, n] = A [m, depth] · B [depth, n], added to what is there where asked; n a multiple of 8, one of A's
   * strides 1. */
  void operator()(int64_t m, int64_t n, int64_t depth, const Left<float>& a, const Rows<const float>& b,
                  const Rows<float>& c, bool add = false) {
    if (!bfloat16_) return Product<float>(m, n, depth, a, b, c, add);
    const int64_t pairs = (depth + 1) / 2;
    right_.resize(std::max<size_t>(right_.size(), pairs * n));
    PairPanels(depth, n, b, right_.data());
    Multiply(m, n, depth, a, right_.data(), c, add);
  }

  void operator()(int64_t m, int64_t n, int64_t depth, const Left<float>& a, const Weight& b, const Rows<float>& c,
                  bool add = false) {
    if (bfloat16_)
      Multiply(m, n, depth, a, b.panels(), c, add);
    else
      Product<float>(m, n, depth, a, b.floats(), c, add);
  }

 private:
  void Multiply(int64_t m, int64_t n, int64_t depth, const Left<float>& a, const Pair* panels, const Rows<float>& c,
                bool add) {
    const Left<Pair> left = Paired(m, depth, a);
    const int64_t pairs = (depth + 1) / 2;
    for (int64_t j = 0; j < n; j += kPanel) {
      const int64_t width = std::min(kPanel, n - j);
      Product<Pair>(m, width, pairs, left, {panels + j * pairs, width}, {c.data + j, c.stride}, add);
    }
  }

  Left<Pair> Paired(int64_t m, int64_t depth, const Left<float>& a) {
    const int64_t pairs = (depth + 1) / 2, row = WholeLines(pairs);
    left_.resize(std::max<size_t>(left_.size(), m * row));
    if (a.column == 1) {
      PairAlong(m, depth, {a.data, a.row}, {left_.data(), row});
      return {left_.data(), row, 1};
    }
    PairDown(depth, m, {a.data, a.column}, left_.data());
    return LeftOf(m, pairs, left_.data(), turned_);
  }

  bool bfloat16_;
  Buffer<Pair> left_, turned_, right_;
};

}  // namespace ofa
