// Products of bfloat16 pairs on the processor's matrix unit (Intel's AMX): up to sixteen rows of the left factor, four
// times sixteen columns of the right one, and sixteen pairs along the depth at a time. Sums begin with what they are
// added to, and take depth in order.
#pragma once

#ifndef __AMX_BF16__
namespace ofa {

constexpr bool HasMatrixUnit() { return false; }

}  // namespace ofa
#else
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <type_traits>

#include "simd/lanes.h"

namespace ofa {

/** Rows of a tile, and numbers of 32 bits in each. */
constexpr int64_t kTile = 16;

/** Whether the system lets this process use the matrix unit, which it must be asked for. */
inline bool HasMatrixUnit() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  static const bool granted = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return granted;
}

/** What the eight tiles hold: 0 to 3 sums, 4 and 5 whole pieces of the left and the right factor, 6 and 7 those at the
 * end of the depth. */
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

// The compiler's own names of these instructions take the number of a tile as a token, which a template cannot give.
template <int kTo>
inline void ZeroTile() {
  asm volatile("tilezero %%tmm%c0" : : "i"(kTo));
}
template <int kTo>
inline void LoadTile(const void* from, int64_t stride) {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(4 * stride), "i"(kTo) : "memory");
}
template <int kFrom>
inline void StoreTile(void* to, int64_t stride) {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(4 * stride), "i"(kFrom) : "memory");
}
template <int kSum, int kLeft, int kRight>
inline void MultiplyTiles() {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSum), "i"(kLeft), "i"(kRight));
}

/** V tiles of sums side by side. */
template <int V>
struct TileSums {
  static void Begin(const float* c, int64_t ldc, bool add) {
    EachTile([&](auto v) { add ? LoadTile<v>(c + v * kTile, ldc) : ZeroTile<v>(); });
  }

  /** Adds the product of rows `row` apart and of a right factor whose rows are `stride` apart. */
  static void Add(int64_t depth, const Pair* a, int64_t row, const Pair* b, int64_t stride) {
    for (; depth >= kTile; depth -= kTile, a += kTile, b += kTile * stride) AddPiece<4, 5>(a, row, b, stride);
    if (depth > 0) AddPiece<6, 7>(a, row, b, stride);
  }

  static void End(float* c, int64_t ldc) {
    EachTile([&](auto v) { StoreTile<v>(c + v * kTile, ldc); });
  }

 private:
  template <int kLeft, int kRight>
  static void AddPiece(const Pair* a, int64_t row, const Pair* b, int64_t stride) {
    LoadTile<kLeft>(a, row);
    EachTile([&](auto v) {
      LoadTile<kRight>(b + v * kTile, stride);
      MultiplyTiles<v, kLeft, kRight>();
    });
  }

  template <typename Work>
  static void EachTile(const Work& work) {
    work(std::integral_constant<int, 0>());
    if constexpr (V > 1) work(std::integral_constant<int, 1>());
    if constexpr (V > 2) work(std::integral_constant<int, 2>());
    if constexpr (V > 3) work(std::integral_constant<int, 3>());
  }
};

/** V tiles of `columns` for m rows of the left factor, `row` apart. */
template <int V>
void TilePanel(int64_t m, int64_t columns, int64_t depth, const Pair* a, int64_t row, const Pair* b, int64_t stride,
               float* c, int64_t ldc, bool add) {
  for (int64_t i = 0; i < m; i += kTile) {
    const int64_t rows = std::min(kTile, m - i);
    if (i == 0 || rows < kTile) TileShapes(rows, columns, depth % kTile).Use();
    TileSums<V>::Begin(c + i * ldc, ldc, add);
    TileSums<V>::Add(depth, a + i * row, row, b, stride);
    TileSums<V>::End(c + i * ldc, ldc);
  }
  _tile_release();
}

}  // namespace ofa
#endif
