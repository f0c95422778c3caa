// Factors of products of any width: the right one cut into panels that are read from end to end, the left one a block
// of rows. Both are floats, or pairs of bfloat16.
#pragma once
#include <algorithm>
#include <type_traits>
#include <vector>

#include "simd/multiplier.h"
#include "simd/parallel.h"
#include "simd/rows.h"

namespace ofa {

/** Rows of it that a thread packs at a time; even, as pairs need it. */
constexpr int64_t kPiece = 128;

/** Numbers along the depth of a product. */
template <typename Number>
constexpr int64_t Steps(int64_t depth) {
  return std::is_same_v<Number, Pair> ? (depth + 1) / 2 : depth;
}

inline void Pack(int64_t rows, int64_t columns, const Rows<const float>& from, Pair* to) {
  PairDown(rows, columns, from, to);
}
inline void Pack(int64_t rows, int64_t columns, const Rows<const float>& from, float* to) {
  for (int64_t r = 0; r < rows; ++r) std::copy_n(from.data + r * from.stride, columns, to + r * columns);
}

/** A row of the left factor. */
inline void Take(int64_t width, const float* from, Pair* to) { PairAlong(1, width, {from, width}, {to, 0}); }
inline void Take(int64_t width, const float* from, float* to) { std::copy_n(from, width, to); }

/** A right factor [depth, n], or the transpose of one [n, depth]. */
template <typename Number>
class Panels {
 public:
  Panels(OpKernelContext* c, const tensorflow::Tensor& weight, bool transposed = false)
      : depth_(weight.dim_size(transposed ? 1 : 0)), n_(weight.dim_size(transposed ? 0 : 1)), numbers_(steps() * n_) {
    const float* from = weight.flat<float>().data();
    const int64_t pieces = (depth_ + kPiece - 1) / kPiece;
    Parallel(c, count() * pieces, kPiece * kPanel, [&](int64_t begin, int64_t end) {
      Buffer<float> turned(transposed ? kPiece * kPanel : 0);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t p = i / pieces, column = p * kPanel, row = i % pieces * kPiece,
                      rows = std::min(kPiece, depth_ - row);
        if (transposed) Transpose(width(p), rows, {from + column * depth_ + row, depth_}, {turned.data(), kPanel});
        Pack(rows, width(p),
             transposed ? Rows<const float>{turned.data(), kPanel} : Rows<const float>{from + row * n_ + column, n_},
             numbers_.data() + column * steps() + Steps<Number>(row) * width(p));
      }
    });
  }

  int64_t depth() const { return depth_; }
  int64_t steps() const { return Steps<Number>(depth_); }
  int64_t n() const { return n_; }
  int64_t count() const { return (n_ + kPanel - 1) / kPanel; }
  int64_t width(int64_t panel) const { return std::min(kPanel, n_ - panel * kPanel); }
  Rows<const Number> operator[](int64_t panel) const {
    return {numbers_.data() + panel * kPanel * steps(), width(panel)};
  }

  /** One panel's columns of left · this, for rows of the left factor without gaps. */
  void Multiply(int64_t rows, const Number* left, int64_t panel, const Rows<float>& to, bool add = false) const {
    Product<Number>(rows, width(panel), steps(), {left, steps(), 1}, (*this)[panel], to, add);
  }

 private:
  int64_t depth_, n_;
  Buffer<Number> numbers_;
};

}  // namespace ofa
