// Products of matrices that fit the cache, on one thread: what a kernel is made of that carries a piece of its input
// from end to end.
#pragma once
#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "simd/tiles.h"
#include "simd/transpose.h"

namespace ofa {

/** R rows and V vectors of the result, held in registers over the whole depth. A number is a float, or a pair of
 * bfloat16 that is summed over. */
template <int kLanes, int R, int V, typename Number>
inline void Tile(int64_t depth, const Number* a, int64_t row, int64_t column, const Number* b, int64_t stride, float* c,
                 int64_t ldc, bool add) {
  typedef typename Lanes<kLanes, float>::Vector Vector;
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
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      Vector* place = reinterpret_cast<Vector*>(c + r * ldc + v * kLanes);
      // Added last: sums of sums lose fewer digits than one long sum.
      *place = add ? *place + sums[r][v] : sums[r][v];
    }
}

/** V vectors of columns, R rows at a time and what remains by fours, twos and ones. */
template <int kLanes, int R, int V, typename Number>
inline void Panel(int64_t m, int64_t depth, const Left<Number>& a, const Number* b, int64_t stride, float* c,
                  int64_t ldc, bool add) {
#ifdef __AMX_BF16__
  if constexpr (std::is_same_v<Number, Pair>)
    if (HasMatrixUnit()) return TilePanel<V>(m, kLanes, depth, a.data, a.row, b, stride, c, ldc, add);
#endif
  int64_t i = 0;
  for (; i + R <= m; i += R)
    Tile<kLanes, R, V>(depth, a.data + i * a.row, a.row, a.column, b, stride, c + i * ldc, ldc, add);
  for (; i + 4 <= m; i += 4)
    Tile<kLanes, 4, V>(depth, a.data + i * a.row, a.row, a.column, b, stride, c + i * ldc, ldc, add);
  for (; i + 2 <= m; i += 2)
    Tile<kLanes, 2, V>(depth, a.data + i * a.row, a.row, a.column, b, stride, c + i * ldc, ldc, add);
  for (; i < m; ++i) Tile<kLanes, 1, V>(depth, a.data + i * a.row, a.row, a.column, b, stride, c + i * ldc, ldc, add);
}

/** C [m, n] = A [m, depth] · B [depth, n], added to what is there where asked; n a multiple of 8, one of A's strides 1,
 * and with a matrix unit the second one of pairs (`LeftOf`). */
template <typename Number>
inline void Product(int64_t m, int64_t n, int64_t depth, const Left<Number>& a, const Rows<const Number>& b,
                    const Rows<float>& c, bool add = false) {
  int64_t j = 0;
  while (j < n) {
    const Number* right = b.data + j;
    float* result = c.data + j;
    const int64_t vectors = std::min<int64_t>(kMostVectors, (n - j) / kWide);
    if (vectors == 4)
      Panel<kWide, RowsOf<4>(6), 4>(m, depth, a, right, b.stride, result, c.stride, add), j += 4 * kWide;
    else if (vectors == 3)
      Panel<kWide, RowsOf<3>(8), 3>(m, depth, a, right, b.stride, result, c.stride, add), j += 3 * kWide;
    else if (vectors == 2)
      Panel<kWide, RowsOf<2>(12), 2>(m, depth, a, right, b.stride, result, c.stride, add), j += 2 * kWide;
    else if (vectors == 1)
      Panel<kWide, 12, 1>(m, depth, a, right, b.stride, result, c.stride, add), j += kWide;
    else
      Panel<8, 12, 1>(m, depth, a, right, b.stride, result, c.stride, add), j += 8;
  }
}

}  // namespace ofa
