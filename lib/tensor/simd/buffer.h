// Working memory of kernels.
#pragma once
#include <cstdint>
#include <vector>

#include "Eigen/Core"

namespace ofa {

/**
 * Numbers of 32 bits whose first one is aligned to a cache line where Eigen was compiled for AVX-512, and otherwise to
 * half of one. A vector load that crosses two lines takes at least twice as long.
 */
template <typename Number>
using Buffer = std::vector<Number, Eigen::aligned_allocator<Number>>;

/** A row length of at least `numbers` at which the next row, too, begins with a cache line. */
constexpr int64_t RoundUpToCacheLine(int64_t numbers) { return (numbers + 15) / 16 * 16; }

}  // namespace ofa
