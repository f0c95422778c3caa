// Memory of a kernel's own.
#pragma once
#include <vector>

#include "Eigen/Core"

namespace ofa {

/** Numbers of 32 bits that begin with a line of the cache, where Eigen was compiled for AVX-512, else with half of one:
 * what lies across two lines is loaded at half the speed of what fills one, or less. */
template <typename Number>
using Buffer = std::vector<Number, Eigen::aligned_allocator<Number>>;

/** So many numbers and what is missing to whole lines, so that the next row begins with one too. */
constexpr int64_t WholeLines(int64_t numbers) { return (numbers + 15) / 16 * 16; }

}  // namespace ofa
