// Scaled dot-product attention of one example (Vaswani et al. 2017, eq. 1), all heads, on data in the cache.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>

#include "simd/elementary.h"
#include "simd/multiplier.h"
#include "simd/rows.h"

namespace ofa {

/**
 * What is added to the scores of one example, and the memory in which its gradient is summed; either may be null.
 * Layout: [heads][keys, queries], each row `HeadwiseAttention::ScoreStride` long.
 */
struct ScoreBias {
  const float* values;
  float* grads;
};

struct AttentionSizes {
  int64_t tokens, heads;
  /** Channels of one head. */
  int64_t depth;
  int64_t width() const { return heads * depth; }
};

/**
 * Attention on packed queries, keys and values [tokens, 3 · heads · depth]; owns the working memory of a thread.
 * Scores have the layout [keys, queries], so that the softmax of several queries is computed in the lanes of a vector.
 * Columns after the last query are zeros.
 */
class HeadwiseAttention {
 public:
  HeadwiseAttention(const AttentionSizes& sizes, Multiplier& multiply)
      : multiply_(multiply),
        tokens_(sizes.tokens),
        heads_(sizes.heads),
        depth_(sizes.depth),
        width_(sizes.width()),
        stride_(ScoreStride(tokens_)),
        scale_(1.0f / std::sqrt(static_cast<float>(depth_))),
        transposed_(depth_ * stride_),
        weights_(tokens_ * stride_),
        weight_grads_(tokens_ * stride_),
        maxima_(stride_),
        sums_(stride_) {}

  /** Length of a row of scores: the count of queries, rounded up to whole vectors. */
  static int64_t ScoreStride(int64_t tokens) { return (tokens + kVectorLanes - 1) / kVectorLanes * kVectorLanes; }

  /** y [tokens, heads · depth] = softmax(q kᵀ / √depth + bias) v. */
  void Forward(const float* qkv, float* y, const ScoreBias& bias = {}) {
    for (int64_t h = 0; h < heads_; ++h) {
      ComputeWeights(qkv, h, bias);
      multiply_({tokens_, depth_, tokens_}, {weights_.data(), 1, stride_}, PartOf(qkv, h, kValues),
                {y + h * depth_, width_});
    }
  }

  /** Computes the gradient of qkv; the weights are computed again. */
  void Backward(const float* dy, const float* qkv, float* dqkv, const ScoreBias& bias = {}) {
    for (int64_t h = 0; h < heads_; ++h) {
      ComputeWeights(qkv, h, bias);
      const Matrix<const float> head_grad{dy + h * depth_, width_};
      float *weights = weights_.data(), *weight_grads = weight_grads_.data();
      multiply_({tokens_, depth_, tokens_}, {weights, stride_, 1}, head_grad, PartOf(dqkv, h, kValues));
      Transpose(tokens_, depth_, head_grad, {transposed_.data(), stride_});
      multiply_({tokens_, stride_, depth_}, Left(PartOf(qkv, h, kValues)), {transposed_.data(), stride_},
                {weight_grads, stride_});
      SoftmaxGrad(h, bias);
      multiply_({tokens_, depth_, tokens_}, {weight_grads, 1, stride_}, PartOf(qkv, h, kKeys),
                PartOf(dqkv, h, kQueries));
      multiply_({tokens_, depth_, tokens_}, {weight_grads, stride_, 1}, PartOf(qkv, h, kQueries),
                PartOf(dqkv, h, kKeys));
    }
  }

 private:
  enum Part { kQueries, kKeys, kValues };

  /** Queries, keys or values of a head, [tokens, depth]. */
  template <typename Float>
  Matrix<Float> PartOf(Float* qkv, int64_t head, Part part) const {
    return {qkv + part * width_ + head * depth_, 3 * width_};
  }

  static StridedMatrix<float> Left(const Matrix<const float>& matrix) { return {matrix.data, matrix.stride, 1}; }

  /** Weights = softmax(scale · scores + bias) of a head, as [keys, queries]. */
  void ComputeWeights(const float* qkv, int64_t head, const ScoreBias& bias) {
    Transpose(tokens_, depth_, PartOf(qkv, head, kQueries), {transposed_.data(), stride_});
    multiply_({tokens_, stride_, depth_}, Left(PartOf(qkv, head, kKeys)), {transposed_.data(), stride_},
              {weights_.data(), stride_});
    float *weights = weights_.data(), *maxima = maxima_.data(), *sum = sums_.data();
    const float* added = bias.values == nullptr ? nullptr : bias.values + head * tokens_ * stride_;
    std::fill(maxima_.begin(), maxima_.end(), -std::numeric_limits<float>::infinity());
    for (int64_t k = 0; k < tokens_; ++k) {
      float* row = weights + k * stride_;
#pragma omp simd
      for (int64_t i = 0; i < stride_; ++i) {
        row[i] = scale_ * row[i] + (added == nullptr ? 0.0f : added[k * stride_ + i]);
        maxima[i] = row[i] > maxima[i] ? row[i] : maxima[i];
      }
    }
    std::fill(sums_.begin(), sums_.end(), 0.0f);
    for (int64_t k = 0; k < tokens_; ++k) {
      float* row = weights + k * stride_;
#pragma omp simd
      for (int64_t i = 0; i < stride_; ++i) {
        row[i] = NegativeExp(row[i] - maxima[i]);
        sum[i] += row[i];
      }
    }
#pragma omp simd
    for (int64_t i = 0; i < stride_; ++i) sum[i] = 1.0f / sum[i];
    for (int64_t k = 0; k < tokens_; ++k) {
      float* row = weights + k * stride_;
#pragma omp simd
      for (int64_t i = 0; i < stride_; ++i) row[i] *= sum[i];
    }
  }

  /** Replaces the gradients of the weights by those of q kᵀ; adds those of the scores to the bias's. */
  void SoftmaxGrad(int64_t head, const ScoreBias& bias) {
    float *weights = weights_.data(), *grads = weight_grads_.data(), *sum = sums_.data();
    std::fill(sums_.begin(), sums_.end(), 0.0f);
    for (int64_t k = 0; k < tokens_; ++k) {
      const float *weight = weights + k * stride_, *d = grads + k * stride_;
#pragma omp simd
      for (int64_t i = 0; i < stride_; ++i) sum[i] += d[i] * weight[i];
    }
    for (int64_t k = 0; k < tokens_; ++k) {
      const float* weight = weights + k * stride_;
      float* d = grads + k * stride_;
#pragma omp simd
      for (int64_t i = 0; i < stride_; ++i) d[i] = weight[i] * (d[i] - sum[i]);
      if (bias.grads != nullptr) Accumulate(d, stride_, bias.grads + (head * tokens_ + k) * stride_);
#pragma omp simd
      for (int64_t i = 0; i < stride_; ++i) d[i] *= scale_;
    }
  }

  Multiplier& multiply_;
  int64_t tokens_, heads_, depth_, width_, stride_;
  float scale_;
  Buffer<float> transposed_, weights_, weight_grads_, maxima_, sums_;
};

}  // namespace ofa
