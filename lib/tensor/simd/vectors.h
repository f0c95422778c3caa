// Vectors of numbers in registers, and the step that all products consist of: sum += x · line, for floats and for pairs
// of bfloat16.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>

#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

namespace ofa {

/**
 * Two bfloat16 numbers that are neighbours along the depth of a product. Each is the upper half of a float; the first
 * is in the lower bits.
 */
struct Bf16Pair {
  uint32_t bits;
};

/** A vector of floats, or of pairs. */
template <int kLanes, typename Number>
struct Lanes {
  typedef float Vector __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));
};
template <int kLanes>
struct Lanes<kLanes, Bf16Pair> {
  typedef uint32_t Vector __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));
};

/** Numbers of 32 bits in the processor's vectors. */
#ifdef __AVX512F__
constexpr int kVectorLanes = 16;
#else
constexpr int kVectorLanes = 8;
#endif

/** The most vectors of columns in a tile of sums that leave registers for several rows. */
constexpr int kMaxVectors = kVectorLanes == 16 ? 4 : 2;

/**
 * Rows in a tile with V vectors of columns: as many as the registers hold beside the operands, but not more than `max`.
 */
template <int V>
constexpr int RowsInRegisters(int max) {
  return std::min(max, ((kVectorLanes == 16 ? 32 : 16) - 3) / V);
}

template <int kLanes>
inline void MultiplyAdd(float x, const typename Lanes<kLanes, float>::Vector& line,
                        typename Lanes<kLanes, float>::Vector& sum) {
  sum += x * line;
}

/**
 * Adds both products of each pair to sums in float32. Without a processor instruction for it, this is as slow as with
 * floats.
 */
template <int kLanes>
inline void MultiplyAdd(Bf16Pair x, const typename Lanes<kLanes, Bf16Pair>::Vector& line,
                        typename Lanes<kLanes, float>::Vector& sum) {
  typedef typename Lanes<kLanes, float>::Vector Vector;
#ifdef __AVX512BF16__
  if constexpr (kLanes == 16) {
    sum = reinterpret_cast<Vector>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(sum),
                                                    reinterpret_cast<__m512bh>(_mm512_set1_epi32(x.bits)),
                                                    reinterpret_cast<__m512bh>(line)));
    return;
  }
#endif
  float first, second;
  const uint32_t low = x.bits << 16, high = x.bits & 0xffff0000u;
  std::memcpy(&first, &low, 4);
  std::memcpy(&second, &high, 4);
  const typename Lanes<kLanes, Bf16Pair>::Vector lower = line << 16, upper = line & 0xffff0000u;
  sum += first * reinterpret_cast<Vector>(lower);
  sum += second * reinterpret_cast<Vector>(upper);
}

}  // namespace ofa
