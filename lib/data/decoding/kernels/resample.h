#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace ofa {

/** What new values of a row or column are made of, in Pillow's fixed point: 22 bits after the point, so that sums of
 * bytes stay within 32. */
struct Taps {
  static constexpr int kBits = 22;
  static constexpr int32_t kHalf = 1 << (kBits - 1);

  /** The old values that any new one needs. */
  int begin, end;
  /** The most weights of a new value. */
  int most;
  /** [values]: the first old value, counted from `begin`, and how many. */
  std::vector<int> first, count;
  /** [values, most] */
  std::vector<int32_t> weights;

  int values() const { return static_cast<int>(first.size()); }
};

/** Catmull-Rom's cubic (Keys 1981, a = -1/2), or a tent. */
inline double Weight(double x, bool cubic) {
  const double d = std::abs(x);
  if (!cubic) return std::max(1 - d, 0.0);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/** The taps of the new values from `skip` on when `from` old ones become `to`: the rule of lib/tensor/resampling.ts, to
 * the last bit. */
inline Taps MakeTaps(int from, int to, int skip, int values, bool cubic) {
  const double scale = static_cast<double>(from) / to, widening = std::max(scale, 1.0),
               reach = (cubic ? 2 : 1) * widening;
  Taps taps{from, 0, 2 * static_cast<int>(std::ceil(reach)) + 1, std::vector<int>(values), std::vector<int>(values),
            {}};
  taps.weights.resize(static_cast<size_t>(values) * taps.most);
  std::vector<double> exact(taps.most);
  for (int i = 0; i < values; ++i) {
    const double centre = (skip + i + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - reach + 0.5), 0),
              end = std::min(static_cast<int>(centre + reach + 0.5), from);
    double sum = 0;
    for (int k = 0; k < end - first; ++k) sum += exact[k] = Weight((first + k - centre + 0.5) / widening, cubic);
    for (int k = 0; k < end - first; ++k) {
      const double share = exact[k] / sum;
      taps.weights[static_cast<size_t>(i) * taps.most + k] =
          static_cast<int32_t>(share * (1 << Taps::kBits) + (share < 0 ? -0.5 : 0.5));
    }
    taps.first[i] = first;
    taps.count[i] = end - first;
    taps.begin = std::min(taps.begin, first);
    taps.end = std::max(taps.end, end);
  }
  for (int& first : taps.first) first -= taps.begin;
  return taps;
}

/** One row of `width` pixels, three bytes each, resampled. The pixels stand in `wide` as numbers first, with one to
 * spare behind. */
inline void ResampleRow(const uint8_t* row, int width, const Taps& across, int32_t* wide, uint8_t* out) {
  // The fourth number is the next pixel's, and is dropped.
  typedef int32_t Pixel __attribute__((vector_size(16)));
  for (int i = 0; i < 3 * width; ++i) wide[i] = row[i];
  for (int x = 0; x < across.values(); ++x, out += 3) {
    const int32_t *from = wide + 3 * across.first[x], *weight = &across.weights[static_cast<size_t>(x) * across.most];
    Pixel sum = {Taps::kHalf, Taps::kHalf, Taps::kHalf, 0};
    for (int k = 0; k < across.count[x]; ++k, from += 3) {
      Pixel pixel;
      std::memcpy(&pixel, from, sizeof pixel);
      sum += pixel * weight[k];
    }
    for (int c = 0; c < 3; ++c) out[c] = static_cast<uint8_t>(std::clamp(sum[c] >> Taps::kBits, 0, 255));
  }
}

/**
 * Pillow's resize: first along the rows, then along the columns, rounded after each. `rows` is the byte of the first
 * pixel that the taps need, `stride` the bytes from row to row; `out` is [down's values, across's values, 3].
 */
inline void Resample(const uint8_t* rows, size_t stride, const Taps& across, const Taps& down, uint8_t* out) {
  const int width = across.end - across.begin, height = down.end - down.begin, row = 3 * across.values();
  std::vector<int32_t> wide(3 * width + 1), sums(row);
  std::vector<uint8_t> narrow(static_cast<size_t>(height) * row);
  for (int y = 0; y < height; ++y)
    ResampleRow(rows + y * stride, width, across, wide.data(), &narrow[static_cast<size_t>(y) * row]);
  for (int y = 0; y < down.values(); ++y, out += row) {
    std::fill(sums.begin(), sums.end(), Taps::kHalf);
    for (int k = 0; k < down.count[y]; ++k) {
      const uint8_t* from = &narrow[static_cast<size_t>(down.first[y] + k) * row];
      const int32_t weight = down.weights[static_cast<size_t>(y) * down.most + k];
      for (int i = 0; i < row; ++i) sums[i] += weight * from[i];
    }
    for (int i = 0; i < row; ++i) out[i] = static_cast<uint8_t>(std::clamp(sums[i] >> Taps::kBits, 0, 255));
  }
}

}  // namespace ofa
