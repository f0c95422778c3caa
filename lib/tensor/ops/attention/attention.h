// Scaled dot-product attention of one example (Vaswani et al. 2017, eq. 1), all heads, out of the cache and back into
// it.
#pragma once
#include <cmath>
#include <limits>
#include <vector>

#include "simd/elementary.h"
#include "simd/multiplier.h"
#include "simd/rows.h"

namespace ofa {

/** What is added to the scores of one example, and where its slope is added up: [heads][keys, queries], each row as
 * long as `HeadwiseAttention::Columns`. */
struct ScoreBias {
  const float* values;
  float* slopes;
};

/**
 * Attention of packed queries, keys and values [tokens, 3 · heads · depth]; holds what a thread needs to write on.
 * Scores stand as [keys, queries], so that the softmax goes down the columns, as many at once as a vector holds; beyond
 * the last query there are zeros.
 */
class HeadwiseAttention {
 public:
  HeadwiseAttention(int64_t tokens, int64_t heads, int64_t depth, Multiplier& multiply)
      : multiply_(multiply),
        tokens_(tokens),
        heads_(heads),
        depth_(depth),
        width_(heads * depth),
        columns_(Columns(tokens)),
        scale_(1.0f / std::sqrt(static_cast<float>(depth))),
        turned_(depth * columns_),
        weights_(tokens * columns_),
        slopes_(tokens * columns_),
        highest_(columns_),
        sums_(columns_) {}

  /** Length of a row of scores: the queries, and zeros up to a whole vector. */
  static int64_t Columns(int64_t tokens) { return (tokens + kWide - 1) / kWide * kWide; }

  /** y [tokens, heads · depth] = softmax(q kᵀ / √depth + bias) v. */
  void Forward(const float* qkv, float* y, const ScoreBias& bias = {}) {
    for (int64_t h = 0; h < heads_; ++h) {
      Weights(qkv, h, bias);
      multiply_(tokens_, depth_, tokens_, {weights_.data(), 1, columns_}, Part(qkv, h, 2), {y + h * depth_, width_});
    }
  }

  /** The gradient to qkv; the weights are computed once more. */
  void Backward(const float* dy, const float* qkv, float* dqkv, const ScoreBias& bias = {}) {
    for (int64_t h = 0; h < heads_; ++h) {
      Weights(qkv, h, bias);
      const Rows<const float> slope{dy + h * depth_, width_};
      float *p = weights_.data(), *dp = slopes_.data(), *sum = sums_.data();
      multiply_(tokens_, depth_, tokens_, {p, columns_, 1}, slope, Part(dqkv, h, 2));
      Transpose(tokens_, depth_, slope, {turned_.data(), columns_});
      multiply_(tokens_, columns_, depth_, {Part(qkv, h, 2).data, 3 * width_, 1}, {turned_.data(), columns_},
                {dp, columns_});
      std::fill(sums_.begin(), sums_.end(), 0.0f);
      for (int64_t k = 0; k < tokens_; ++k) {
        const float *weight = p + k * columns_, *d = dp + k * columns_;
#pragma omp simd
        for (int64_t i = 0; i < columns_; ++i) sum[i] += d[i] * weight[i];
      }
      for (int64_t k = 0; k < tokens_; ++k) {
        const float* weight = p + k * columns_;
        float* d = dp + k * columns_;
#pragma omp simd
        for (int64_t i = 0; i < columns_; ++i) d[i] = weight[i] * (d[i] - sum[i]);
        if (bias.slopes != nullptr) Accumulate(d, columns_, bias.slopes + (h * tokens_ + k) * columns_);
#pragma omp simd
        for (int64_t i = 0; i < columns_; ++i) d[i] *= scale_;
      }
      multiply_(tokens_, depth_, tokens_, {dp, 1, columns_}, Part(qkv, h, 1), Part(dqkv, h, 0));
      multiply_(tokens_, depth_, tokens_, {dp, columns_, 1}, Part(qkv, h, 0), Part(dqkv, h, 1));
    }
  }

 private:
  /** Queries (0), keys (1) or values (2) of a head. */
  template <typename Float>
  Rows<Float> Part(Float* qkv, int64_t head, int64_t part) const {
    return {qkv + part * width_ + head * depth_, 3 * width_};
  }

  void Weights(const float* qkv, int64_t head, const ScoreBias& bias) {
    Transpose(tokens_, depth_, Part(qkv, head, 0), {turned_.data(), columns_});
    multiply_(tokens_, columns_, depth_, {Part(qkv, head, 1).data, 3 * width_, 1}, {turned_.data(), columns_},
              {weights_.data(), columns_});
    float *p = weights_.data(), *highest = highest_.data(), *sum = sums_.data();
    const float* added = bias.values == nullptr ? nullptr : bias.values + head * tokens_ * columns_;
    std::fill(highest_.begin(), highest_.end(), -std::numeric_limits<float>::infinity());
    for (int64_t k = 0; k < tokens_; ++k) {
      float* row = p + k * columns_;
#pragma omp simd
      for (int64_t i = 0; i < columns_; ++i) {
        row[i] = scale_ * row[i] + (added == nullptr ? 0.0f : added[k * columns_ + i]);
        highest[i] = row[i] > highest[i] ? row[i] : highest[i];
      }
    }
    std::fill(sums_.begin(), sums_.end(), 0.0f);
    for (int64_t k = 0; k < tokens_; ++k) {
      float* row = p + k * columns_;
#pragma omp simd
      for (int64_t i = 0; i < columns_; ++i) {
        row[i] = NegativeExp(row[i] - highest[i]);
        sum[i] += row[i];
      }
    }
#pragma omp simd
    for (int64_t i = 0; i < columns_; ++i) sum[i] = 1.0f / sum[i];
    for (int64_t k = 0; k < tokens_; ++k) {
      float* row = p + k * columns_;
#pragma omp simd
      for (int64_t i = 0; i < columns_; ++i) row[i] *= sum[i];
    }
  }

  Multiplier& multiply_;
  int64_t tokens_, heads_, depth_, width_, columns_;
  float scale_;
  Buffer<float> turned_, weights_, slopes_, highest_, sums_;
};

}  // namespace ofa
