// Vectors of numbers, and the one step of which products are made: sum += x · line, for floats and for pairs of
// bfloat16.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>

#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

namespace ofa {

/** Two bfloat16 that follow one another along the depth of a product: the upper halves of two floats, the first of them
 * in the lower bits. */
struct Pair {
  uint32_t bits;
};

/** A vector of floats, or of pairs. */
template <int kLanes, typename Number>
struct Lanes {
  typedef float Vector __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));
};
template <int kLanes>
struct Lanes<kLanes, Pair> {
  typedef uint32_t Vector __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));
};

#ifdef __AVX512F__
constexpr int kWide = 16;
#else
constexpr int kWide = 8;
#endif

/** Vectors of columns at once: as many as leave room in the registers for several rows of sums. */
constexpr int kMostVectors = kWide == 16 ? 4 : 2;

/** Rows of V vectors of sums that the processor's registers hold beside what they are made of, at most `most`. */
template <int V>
constexpr int RowsOf(int most) {
  return std::min(most, ((kWide == 16 ? 32 : 16) - 3) / V);
}

template <int kLanes>
inline void MultiplyAdd(float x, const typename Lanes<kLanes, float>::Vector& line,
                        typename Lanes<kLanes, float>::Vector& sum) {
  sum += x * line;
}

/** Both products of each pair, added to sums of 32 bits; where the processor has no instruction for it, as slow as with
 * floats. */
template <int kLanes>
inline void MultiplyAdd(Pair x, const typename Lanes<kLanes, Pair>::Vector& line,
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
  const typename Lanes<kLanes, Pair>::Vector lower = line << 16, upper = line & 0xffff0000u;
  sum += first * reinterpret_cast<Vector>(lower);
  sum += second * reinterpret_cast<Vector>(upper);
}

}  // namespace ofa
