// The factors of a product, and its result, in memory.
#pragma once
#include <cstdint>

namespace ofa {

/** The left factor: element (i, k) stands at data[i · row + k · column], so that a transposed matrix is one with its
 * strides exchanged. */
template <typename Number>
struct Left {
  const Number* data;
  int64_t row, column;
};

/** The right factor, or the result: rows of `stride` numbers one after the other. */
template <typename Number>
struct Rows {
  Number* data;
  int64_t stride;
};

}  // namespace ofa
