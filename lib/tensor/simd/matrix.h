// Matrices in memory, as the operands of a product.
#pragma once
#include <cstdint>

namespace ofa {

/** Row-major: row r begins at data + r · stride. */
template <typename Number>
struct Matrix {
  Number* data;
  int64_t stride;
};

/**
 * Element (i, k) is at data[i · row_stride + k · column_stride]; exchanging the strides transposes the matrix. Left
 * factors are of this kind.
 */
template <typename Number>
struct StridedMatrix {
  const Number* data;
  int64_t row_stride, column_stride;
};

/** Sizes of C [rows, columns] = A [rows, depth] · B [depth, columns]. */
struct ProductSize {
  int64_t rows, columns, depth;
};

/** Whether a product replaces its result or is added to it. */
enum class Store { kSet, kAdd };

}  // namespace ofa
