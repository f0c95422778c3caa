// Products of bfloat16 pairs on the processor's matrix unit (Intel's AMX): up to sixteen rows of the left factor, four times sixteen
// columns of the right one, and sixteen pairs along the depth at a time. Sums begin with what they are added to, and take depth in order.
#pragma once

#ifdef __AMX_BF16__
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "transpose.h"

namespace ofa {

/** Rows of a tile, and numbers of 32 bits in each. */
constexpr int64_t kTile = 16;

/** Whether the system lets this process use the matrix unit, which it must be asked for. */
inline bool HasMatrixUnit() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  static const bool granted = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return granted;
}

/** What the eight tiles hold: 0 to 3 sums, 4 and 5 whole pieces of the left and the right factor, 6 and 7 those at the end of the depth. */
struct alignas(64) TileShapes {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t bytes[16] = {};
  uint8_t rows[16] = {};

  TileShapes(int64_t height, int64_t columns, int64_t rest) {
    for (int tile = 0; tile < 4; ++tile) Set(tile, height, columns);
    Set(4, height, kTile), Set(5, kTile, columns);
    if (rest > 0) Set(6, height, rest), Set(7, rest, columns);
  }

  void Use() const {
    // GCC believes that the intrinsic reads the first eight bytes alone, and might leave out writing the others.
    asm volatile("" : : "r"(this) : "memory");
    _tile_loadconfig(this);
  }

 private:
  void Set(int tile, int64_t height, int64_t columns) { rows[tile] = height, bytes[tile] = 4 * columns; }
};

/** V tiles of sums side by side. The compiler does not see which memory tiles are loaded from: it is told where all must be written. */
template <int V>
struct TileSums {
  static void Begin(const float* c, int64_t ldc, bool add) {
    asm volatile("" ::: "memory");
    if (add) {
      _tile_loadd(0, c, 4 * ldc);
      if constexpr (V > 1) _tile_loadd(1, c + kTile, 4 * ldc);
      if constexpr (V > 2) _tile_loadd(2, c + 2 * kTile, 4 * ldc);
      if constexpr (V > 3) _tile_loadd(3, c + 3 * kTile, 4 * ldc);
    } else {
      _tile_zero(0);
      if constexpr (V > 1) _tile_zero(1);
      if constexpr (V > 2) _tile_zero(2);
      if constexpr (V > 3) _tile_zero(3);
    }
  }

  /** Adds the product of rows `row` apart and of a right factor whose rows are `stride` apart. */
  static void Add(int64_t depth, const Pair* a, int64_t row, const Pair* b, int64_t stride) {
    for (; depth >= kTile; depth -= kTile, a += kTile, b += kTile * stride) {
      _tile_loadd(4, a, 4 * row);
      _tile_loadd(5, b, 4 * stride);
      _tile_dpbf16ps(0, 4, 5);
      if constexpr (V > 1) {
        _tile_loadd(5, b + kTile, 4 * stride);
        _tile_dpbf16ps(1, 4, 5);
      }
      if constexpr (V > 2) {
        _tile_loadd(5, b + 2 * kTile, 4 * stride);
        _tile_dpbf16ps(2, 4, 5);
      }
      if constexpr (V > 3) {
        _tile_loadd(5, b + 3 * kTile, 4 * stride);
        _tile_dpbf16ps(3, 4, 5);
      }
    }
    if (depth == 0) return;
    _tile_loadd(6, a, 4 * row);
    _tile_loadd(7, b, 4 * stride);
    _tile_dpbf16ps(0, 6, 7);
    if constexpr (V > 1) {
      _tile_loadd(7, b + kTile, 4 * stride);
      _tile_dpbf16ps(1, 6, 7);
    }
    if constexpr (V > 2) {
      _tile_loadd(7, b + 2 * kTile, 4 * stride);
      _tile_dpbf16ps(2, 6, 7);
    }
    if constexpr (V > 3) {
      _tile_loadd(7, b + 3 * kTile, 4 * stride);
      _tile_dpbf16ps(3, 6, 7);
    }
  }

  static void End(float* c, int64_t ldc) {
    _tile_stored(0, c, 4 * ldc);
    if constexpr (V > 1) _tile_stored(1, c + kTile, 4 * ldc);
    if constexpr (V > 2) _tile_stored(2, c + 2 * kTile, 4 * ldc);
    if constexpr (V > 3) _tile_stored(3, c + 3 * kTile, 4 * ldc);
  }
};

/** V tiles of `columns` for m rows. A transposed left factor is turned, sixteen rows at a time. */
template <int V>
void TilePanel(int64_t m, int64_t columns, int64_t depth, const Left<Pair>& a, const Pair* b, int64_t stride, float* c, int64_t ldc, bool add) {
  const int64_t row = a.column == 1 ? a.row : WholeLines(depth);
  Buffer<Pair> turned(a.column == 1 ? 0 : kTile * row);
  for (int64_t i = 0; i < m; i += kTile) {
    const int64_t rows = std::min(kTile, m - i);
    if (i == 0 || rows < kTile) TileShapes(rows, columns, depth % kTile).Use();
    const Pair* left = a.data + i * a.row;
    if (a.column != 1) {
      Transpose<Pair>(depth, rows, {left, a.column}, {turned.data(), row});
      left = turned.data();
    }
    TileSums<V>::Begin(c + i * ldc, ldc, add);
    TileSums<V>::Add(depth, left, row, b, stride);
    TileSums<V>::End(c + i * ldc, ldc);
  }
  _tile_release();
}

}  // namespace ofa
#endif
