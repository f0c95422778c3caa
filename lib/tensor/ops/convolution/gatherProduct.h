// A product whose left rows stand anywhere in memory, such as the patches of an image under a filter: nothing is copied
// to make a matrix of them.
#pragma once
#include <cstdint>
#include <type_traits>

#include "simd/lanes.h"
#include "simd/tiles.h"

namespace ofa {

/** What the sums run over: `count` runs of `length` numbers (floats, or pairs of bfloat16); run i begins at offsets[i],
 * in every left row alike. */
struct Runs {
  const int64_t* offsets;
  int64_t count, length;
};

/** R left rows times V vectors of columns. The right factor follows the runs without a gap, rows of `width` numbers. */
template <int R, int V, typename Number>
inline void GatherTile(const Runs& runs, const Number* const* left, const Number* right, int64_t width, float* to,
                       int64_t stride) {
  typedef typename Lanes<kWide, float>::Vector Vector;
  typedef typename Lanes<kWide, Number>::Vector Line;
  const Number* rows[R];
  for (int r = 0; r < R; ++r) rows[r] = left[r];
  Vector sums[R][V] = {};
  for (int64_t i = 0; i < runs.count; ++i) {
    const int64_t end = runs.offsets[i] + runs.length;
    for (int64_t k = runs.offsets[i]; k < end; ++k, right += width) {
      Line line[V];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) line[v] = *reinterpret_cast<const Line*>(right + v * kWide);
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) {
        const Number x = rows[r][k];
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) MultiplyAdd<kWide>(x, line[v], sums[r][v]);
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) *reinterpret_cast<Vector*>(to + r * stride + v * kWide) = sums[r][v];
}

#ifdef __AMX_BF16__
/** The same on the matrix unit, of as many left rows at once as stand equally far apart. */
template <int V>
inline void GatherTiles(int64_t m, const Runs& runs, const Pair* const* left, const Pair* right, int64_t width,
                        float* to, int64_t stride) {
  for (int64_t i = 0, rows, shaped = 0; i < m; i += rows) {
    const int64_t gap = i + 1 < m ? left[i + 1] - left[i] : 0;
    for (rows = 1; rows < std::min(kTile, m - i) && left[i + rows] - left[i + rows - 1] == gap;) ++rows;
    if (rows != shaped) TileShapes(shaped = rows, kTile, runs.length % kTile).Use();
    TileSums<V>::Begin(to + i * stride, stride, false);
    for (int64_t r = 0; r < runs.count; ++r)
      TileSums<V>::Add(runs.length, left[i] + runs.offsets[r], gap, right + r * runs.length * width, width);
    TileSums<V>::End(to + i * stride, stride);
  }
  _tile_release();
}
#endif

/** V vectors of columns for m left rows, R at a time and what remains by fours, twos and ones. */
template <int R, int V, typename Number>
inline void GatherPanel(int64_t m, const Runs& runs, const Number* const* left, const Number* right, int64_t width,
                        float* to, int64_t stride) {
#ifdef __AMX_BF16__
  if constexpr (std::is_same_v<Number, Pair>)
    if (HasMatrixUnit()) return GatherTiles<V>(m, runs, left, right, width, to, stride);
#endif
  int64_t i = 0;
  for (; i + R <= m; i += R) GatherTile<R, V>(runs, left + i, right, width, to + i * stride, stride);
  for (; i + 4 <= m; i += 4) GatherTile<4, V>(runs, left + i, right, width, to + i * stride, stride);
  for (; i + 2 <= m; i += 2) GatherTile<2, V>(runs, left + i, right, width, to + i * stride, stride);
  for (; i < m; ++i) GatherTile<1, V>(runs, left + i, right, width, to + i * stride, stride);
}

/** `vectors` of columns, at most four. */
template <typename Number>
inline void GatherProduct(int64_t m, int64_t vectors, const Runs& runs, const Number* const* left, const Number* right,
                          int64_t width, float* to, int64_t stride) {
  switch (vectors) {
    case 4:
      return GatherPanel<RowsOf<4>(6), 4>(m, runs, left, right, width, to, stride);
    case 3:
      return GatherPanel<RowsOf<3>(6), 3>(m, runs, left, right, width, to, stride);
    case 2:
      return GatherPanel<RowsOf<2>(8), 2>(m, runs, left, right, width, to, stride);
    default:
      return GatherPanel<8, 1>(m, runs, left, right, width, to, stride);
  }
}

}  // namespace ofa
