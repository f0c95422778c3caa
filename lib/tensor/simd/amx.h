// Products of bfloat16 pairs on the processor's matrix unit (Intel's AMX). A step takes up to 16 rows of the left
// factor, four times 16 columns of the right one, and 16 pairs along the depth. Sums start from the values to add to
// and take the depth in order.
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

#include "simd/matrix.h"
#include "simd/vectors.h"

namespace ofa {

/** Rows of a tile, and 32-bit numbers in each row. */
constexpr int64_t kTileSize = 16;

/** Whether the operating system lets this process use the matrix unit; a process has to request it. */
inline bool HasMatrixUnit() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  static const bool granted = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return granted;
}

/**
 * The configuration of the eight tiles: 0 to 3 are sums, 4 and 5 full steps of the left and right factor, 6 and 7 the
 * remainder at the end of the depth.
 */
struct alignas(64) TileConfiguration {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t bytes_per_row[16] = {};
  uint8_t rows[16] = {};

  TileConfiguration(int64_t height, int64_t columns, int64_t remainder) {
    for (int tile = 0; tile < 4; ++tile) Set(tile, height, columns);
    Set(4, height, kTileSize), Set(5, kTileSize, columns);
    if (remainder > 0) Set(6, height, remainder), Set(7, remainder, columns);
  }

  void Load() const {
    // GCC assumes that the intrinsic reads only the first eight bytes, and might not write the others to memory.
    asm volatile("" : : "r"(this) : "memory");
    _tile_loadconfig(this);
  }

 private:
  void Set(int tile, int64_t height, int64_t columns) { rows[tile] = height, bytes_per_row[tile] = 4 * columns; }
};

// The compiler's intrinsics of these instructions need the number of a tile as a literal, which a template cannot pass.
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
  static void Begin(const Matrix<float>& c, Store store) {
    EachTile([&](auto v) { store == Store::kAdd ? LoadTile<v>(c.data + v * kTileSize, c.stride) : ZeroTile<v>(); });
  }

  /** Adds the product of rows of pairs, `a_stride` apart, and a right factor. */
  static void Add(int64_t depth, const Bf16Pair* a, int64_t a_stride, const Bf16Pair* b, int64_t b_stride) {
    for (; depth >= kTileSize; depth -= kTileSize, a += kTileSize, b += kTileSize * b_stride)
      AddStep<4, 5>(a, a_stride, b, b_stride);
    if (depth > 0) AddStep<6, 7>(a, a_stride, b, b_stride);
  }

  static void End(const Matrix<float>& c) {
    EachTile([&](auto v) { StoreTile<v>(c.data + v * kTileSize, c.stride); });
  }

 private:
  template <int kLeft, int kRight>
  static void AddStep(const Bf16Pair* a, int64_t a_stride, const Bf16Pair* b, int64_t b_stride) {
    LoadTile<kLeft>(a, a_stride);
    EachTile([&](auto v) {
      LoadTile<kRight>(b + v * kTileSize, b_stride);
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

/**
 * V tiles, each of size.columns columns, of C = A · B or C += A · B. Rows of A hold consecutive pairs: its column
 * stride is 1.
 */
template <int V>
void MultiplyOnMatrixUnit(const ProductSize& size, const StridedMatrix<Bf16Pair>& a, const Matrix<const Bf16Pair>& b,
                          const Matrix<float>& c, Store store) {
  for (int64_t i = 0; i < size.rows; i += kTileSize) {
    const int64_t rows = std::min(kTileSize, size.rows - i);
    if (i == 0 || rows < kTileSize) TileConfiguration(rows, size.columns, size.depth % kTileSize).Load();
    const Matrix<float> c_rows{c.data + i * c.stride, c.stride};
    TileSums<V>::Begin(c_rows, store);
    TileSums<V>::Add(size.depth, a.data + i * a.row_stride, a.row_stride, b.data, b.stride);
    TileSums<V>::End(c_rows);
  }
  _tile_release();
}

}  // namespace ofa
#endif
