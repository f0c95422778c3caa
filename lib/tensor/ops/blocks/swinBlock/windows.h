// The shifted windows of a Swin transformer (Liu et al. 2021, §3.2).
#pragma once
#include <cstdint>

#include "ops/attention/attention.h"
#include "simd/buffer.h"

namespace ofa {

/**
 * A square grid of tokens, cut into windows after it was shifted up and left; tokens that leave the grid enter at the
 * opposite side. The last windows are padded if the grid is not a multiple of the window.
 */
struct Windows {
  int64_t grid, window, shift;

  /** Count of windows along one side. */
  int64_t side() const { return (grid + window - 1) / window; }
  /** Tokens in a window. */
  int64_t area() const { return window * window; }
  int64_t count() const { return side() * side(); }

  /** Windows in the last row or column, which contain a seam of the shift, have masks of their own. */
  int64_t mask_count() const { return shift == 0 ? 1 : 4; }
  int64_t mask_of(int64_t row, int64_t column) const {
    return shift == 0 ? 0 : 2 * (row == side() - 1) + (column == side() - 1);
  }

  /** The index in the grid of a window's token; −1 for padding. */
  int64_t token_at(int64_t row, int64_t column, int64_t token) const {
    const int64_t y = row * window + token / window, x = column * window + token % window;
    return y < grid && x < grid ? (y + shift) % grid * grid + (x + shift) % grid : -1;
  }

  /** Whether a seam separates two tokens of a window with this mask. */
  bool are_separated(int64_t mask, int64_t a, int64_t b) const {
    const auto is_beyond = [&](int64_t at) { return at >= window - shift; };
    return (mask >= 2 && is_beyond(a / window) != is_beyond(b / window)) ||
           (mask % 2 == 1 && is_beyond(a % window) != is_beyond(b % window));
  }

  /** The bias of all heads for each mask, in the layout of `ScoreBias`, from a table [(2 · window − 1)², heads]. */
  Buffer<float> Bias(const float* table, int64_t heads) const {
    const int64_t stride = HeadwiseAttention::ScoreStride(area());
    Buffer<float> bias(mask_count() * heads * area() * stride);
    for (int64_t mask = 0; mask < mask_count(); ++mask)
      for (int64_t key = 0; key < area(); ++key)
        for (int64_t query = 0; query < area(); ++query) {
          const int64_t rows = query / window - key / window, columns = query % window - key % window;
          const int64_t distance = (rows + window - 1) * (2 * window - 1) + columns + window - 1;
          const float masked = are_separated(mask, query, key) ? -100.0f : 0.0f;
          for (int64_t h = 0; h < heads; ++h)
            bias[((mask * heads + h) * area() + key) * stride + query] = table[distance * heads + h] + masked;
        }
    return bias;
  }
};

}  // namespace ofa
