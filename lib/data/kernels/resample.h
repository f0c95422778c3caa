#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace ofa {

/**
 * The weighted sums by which the values of a row or column are resampled, in Pillow's fixed point: 22 fractional bits,
 * so that weighted sums of bytes fit into 32 bits.
 */
struct Taps {
  static constexpr int kFractionBits = 22;
  static constexpr int32_t kHalf = 1 << (kFractionBits - 1);

  /** The range of old values that any new value needs. */
  int begin, end;
  /** The row length of `weights`: the largest number of weights of a new value. */
  int max_count;
  /** [new values]: index of the first old value, relative to `begin`, and the number of weights. */
  std::vector<int> first, count;
  /** [new values, max_count] */
  std::vector<int32_t> weights;

  int size() const { return static_cast<int>(first.size()); }
};

/** The filter at a distance of x: Catmull-Rom's cubic (Keys 1981, a = -1/2), or a tent. */
inline double FilterWeight(double x, bool cubic) {
  const double d = std::abs(x);
  if (!cubic) return std::max(1 - d, 0.0);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/**
 * The taps of `size` new values, starting at `skip`, when `from` old values are resampled to `to` new ones. Must equal
 * lib/tensor/resampling.ts to the last bit.
 */
inline Taps MakeTaps(int from, int to, int skip, int size, bool cubic) {
  const double scale = static_cast<double>(from) / to;
  const double widening = std::max(scale, 1.0);
  const double reach = (cubic ? 2 : 1) * widening;
  Taps taps;
  taps.begin = from;
  taps.end = 0;
  taps.max_count = 2 * static_cast<int>(std::ceil(reach)) + 1;
  taps.first.resize(size);
  taps.count.resize(size);
  taps.weights.resize(static_cast<size_t>(size) * taps.max_count);
  std::vector<double> exact(taps.max_count);
  for (int i = 0; i < size; ++i) {
    const double centre = (skip + i + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - reach + 0.5), 0);
    const int end = std::min(static_cast<int>(centre + reach + 0.5), from);
    double sum = 0;
    for (int k = 0; k < end - first; ++k) sum += exact[k] = FilterWeight((first + k - centre + 0.5) / widening, cubic);
    for (int k = 0; k < end - first; ++k) {
      const double weight = exact[k] / sum;
      taps.weights[static_cast<size_t>(i) * taps.max_count + k] =
          static_cast<int32_t>(weight * (1 << Taps::kFractionBits) + (weight < 0 ? -0.5 : 0.5));
    }
    taps.first[i] = first;
    taps.count[i] = end - first;
    taps.begin = std::min(taps.begin, first);
    taps.end = std::max(taps.end, end);
  }
  for (int& first : taps.first) first -= taps.begin;
  return taps;
}

inline uint8_t RoundToByte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> Taps::kFractionBits, 0, 255)); }

/**
 * Resamples one row of `width` pixels of three bytes each. `scratch` holds 3 * width + 1 numbers: the row as integers,
 * and one more because pixels are loaded as four numbers.
 */
inline void ResampleRow(const uint8_t* row, int width, const Taps& across, int32_t* scratch, uint8_t* out) {
  // The fourth number belongs to the next pixel and is ignored.
  typedef int32_t Pixel __attribute__((vector_size(16)));
  for (int i = 0; i < 3 * width; ++i) scratch[i] = row[i];
  for (int x = 0; x < across.size(); ++x, out += 3) {
    const int32_t* from = scratch + 3 * across.first[x];
    const int32_t* weights = &across.weights[static_cast<size_t>(x) * across.max_count];
    Pixel sum = {Taps::kHalf, Taps::kHalf, Taps::kHalf, 0};
    for (int k = 0; k < across.count[x]; ++k, from += 3) {
      Pixel pixel;
      std::memcpy(&pixel, from, sizeof pixel);
      sum += pixel * weights[k];
    }
    for (int c = 0; c < 3; ++c) out[c] = RoundToByte(sum[c]);
  }
}

/**
 * Pillow's resize: rows first, then columns, with rounding after each. `pixels` points to the first pixel that the taps
 * need, and consecutive rows are `stride` bytes apart. `out` is [down.size(), across.size(), 3].
 */
inline void Resample(const uint8_t* pixels, size_t stride, const Taps& across, const Taps& down, uint8_t* out) {
  const int width = across.end - across.begin;
  const int height = down.end - down.begin;
  const int row_bytes = 3 * across.size();
  std::vector<int32_t> scratch(3 * width + 1);
  std::vector<int32_t> sums(row_bytes);
  std::vector<uint8_t> rows(static_cast<size_t>(height) * row_bytes);
  for (int y = 0; y < height; ++y)
    ResampleRow(pixels + y * stride, width, across, scratch.data(), &rows[static_cast<size_t>(y) * row_bytes]);
  for (int y = 0; y < down.size(); ++y, out += row_bytes) {
    std::fill(sums.begin(), sums.end(), Taps::kHalf);
    for (int k = 0; k < down.count[y]; ++k) {
      const uint8_t* from = &rows[static_cast<size_t>(down.first[y] + k) * row_bytes];
      const int32_t weight = down.weights[static_cast<size_t>(y) * down.max_count + k];
      for (int i = 0; i < row_bytes; ++i) sums[i] += weight * from[i];
    }
    for (int i = 0; i < row_bytes; ++i) out[i] = RoundToByte(sums[i]);
  }
}

}  // namespace ofa
