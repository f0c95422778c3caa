// A product whose left rows may be anywhere in memory, such as the patches of an image under a filter: no matrix of
// patches is written.
#pragma once
#include <cstdint>
#include <type_traits>

#include "simd/amx.h"
#include "simd/matrix.h"
#include "simd/vectors.h"

namespace ofa {

/**
 * The elements of a left row: `count` runs of `length` numbers (floats, or pairs of bfloat16). Run i begins at
 * offsets[i] from the start of the row.
 */
struct Runs {
  const int64_t* offsets;
  int64_t count, length;
};

/** R left rows times V vectors of columns. The rows of the right factor follow the runs without a gap. */
template <int R, int V, typename Number>
inline void GatherTile(const Runs& runs, const Number* const* left, const Matrix<const Number>& right,
                       const Matrix<float>& to) {
  typedef typename Lanes<kVectorLanes, float>::Vector Vector;
  typedef typename Lanes<kVectorLanes, Number>::Vector Line;
  const Number* rows[R];
  for (int r = 0; r < R; ++r) rows[r] = left[r];
  const Number* b = right.data;
  const int64_t stride = right.stride;
  Vector sums[R][V] = {};
  for (int64_t i = 0; i < runs.count; ++i) {
    const int64_t end = runs.offsets[i] + runs.length;
    for (int64_t k = runs.offsets[i]; k < end; ++k, b += stride) {
      Line line[V];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) line[v] = *reinterpret_cast<const Line*>(b + v * kVectorLanes);
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) {
        const Number x = rows[r][k];
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) MultiplyAdd<kVectorLanes>(x, line[v], sums[r][v]);
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) *reinterpret_cast<Vector*>(to.data + r * to.stride + v * kVectorLanes) = sums[r][v];
}

#ifdef __AMX_BF16__
/** The same on the matrix unit; a step takes as many left rows as are the same distance apart. */
template <int V>
inline void GatherOnMatrixUnit(int64_t rows, const Runs& runs, const Bf16Pair* const* left,
                               const Matrix<const Bf16Pair>& right, const Matrix<float>& to) {
  int64_t configured_rows = 0;
  for (int64_t i = 0, count; i < rows; i += count) {
    const int64_t distance = i + 1 < rows ? left[i + 1] - left[i] : 0;
    for (count = 1; count < std::min(kTileSize, rows - i) && left[i + count] - left[i + count - 1] == distance;)
      ++count;
    if (count != configured_rows) TileConfiguration(count, kTileSize, runs.length % kTileSize).Load();
    configured_rows = count;
    const Matrix<float> to_rows{to.data + i * to.stride, to.stride};
    TileSums<V>::Begin(to_rows, Store::kSet);
    for (int64_t r = 0; r < runs.count; ++r)
      TileSums<V>::Add(runs.length, left[i] + runs.offsets[r], distance, right.data + r * runs.length * right.stride,
                       right.stride);
    TileSums<V>::End(to_rows);
  }
  _tile_release();
}
#endif

/** V vectors of columns: R left rows at a time, and the remaining rows by fours, twos and ones. */
template <int R, int V, typename Number>
inline void GatherColumns(int64_t rows, const Runs& runs, const Number* const* left, const Matrix<const Number>& right,
                          const Matrix<float>& to) {
#ifdef __AMX_BF16__
  if constexpr (std::is_same_v<Number, Bf16Pair>)
    if (HasMatrixUnit()) return GatherOnMatrixUnit<V>(rows, runs, left, right, to);
#endif
  const auto to_from = [&](int64_t i) { return Matrix<float>{to.data + i * to.stride, to.stride}; };
  int64_t i = 0;
  for (; i + R <= rows; i += R) GatherTile<R, V>(runs, left + i, right, to_from(i));
  for (; i + 4 <= rows; i += 4) GatherTile<4, V>(runs, left + i, right, to_from(i));
  for (; i + 2 <= rows; i += 2) GatherTile<2, V>(runs, left + i, right, to_from(i));
  for (; i < rows; ++i) GatherTile<1, V>(runs, left + i, right, to_from(i));
}

/** The result has `vectors` (one to four) vectors of columns. */
template <typename Number>
inline void GatherProduct(int64_t rows, int64_t vectors, const Runs& runs, const Number* const* left,
                          const Matrix<const Number>& right, const Matrix<float>& to) {
  switch (vectors) {
    case 4:
      return GatherColumns<RowsInRegisters<4>(6), 4>(rows, runs, left, right, to);
    case 3:
      return GatherColumns<RowsInRegisters<3>(6), 3>(rows, runs, left, right, to);
    case 2:
      return GatherColumns<RowsInRegisters<2>(8), 2>(rows, runs, left, right, to);
    default:
      return GatherColumns<8, 1>(rows, runs, left, right, to);
  }
}

}  // namespace ofa
