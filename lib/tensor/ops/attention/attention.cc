// Scaled dot-product attention of packed queries, keys and values (Vaswani et al. 2017, eq. 1), one example at a time,
// with an optional bias of the scores (Liu et al. 2021, eq. 4). Example i takes group i mod groups of the bias.
#include "ops/attention/attention.h"

#include "simd/checks.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
class AttentionKernel : public OpKernel {
 public:
  explicit AttentionKernel(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("heads", &heads_));
    OP_REQUIRES_OK(c, c->GetAttr("mixed_precision", &bfloat16_));
  }

 protected:
  struct Sizes : AttentionSizes {
    int64_t batch;
    /** Of the bias; 0 without one. */
    int64_t groups;
    int64_t cost() const { return tokens * tokens * width() / 4; }
    int64_t score_stride() const { return HeadwiseAttention::ScoreStride(tokens); }
    /** Count of numbers in one group of the bias, in the layout of `ScoreBias`. */
    int64_t group_size() const { return heads * tokens * score_stride(); }
  };

  absl::Status Check(const Tensor& qkv, const OpInputList& bias) const {
    if (qkv.dims() != 3 || qkv.dim_size(2) % (3 * heads_) != 0 || qkv.dim_size(2) / (3 * heads_) % 8 != 0)
      return absl::InvalidArgumentError(
          "qkv must have shape [batch, tokens, 3 * heads * depth] with a depth that is a multiple of 8");
    if (bias.size() == 0) return absl::OkStatus();
    const int64_t tokens = qkv.dim_size(1);
    if (bias[0].dims() != 4 || bias[0].dim_size(0) < 1)
      return absl::InvalidArgumentError("the bias must have shape [groups, heads, tokens, tokens]");
    return CheckSize(bias[0], bias[0].dim_size(0) * heads_ * tokens * tokens, "the bias");
  }

  Sizes SizesOf(const Tensor& qkv, const OpInputList& bias) const {
    const AttentionSizes attention{qkv.dim_size(1), heads_, qkv.dim_size(2) / (3 * heads_)};
    return {attention, qkv.dim_size(0), bias.size() == 0 ? 0 : bias[0].dim_size(0)};
  }

  /** The bias [groups, heads, queries, keys] in the layout of `ScoreBias`. */
  Buffer<float> TransposedBias(const Sizes& s, const OpInputList& bias) const {
    Buffer<float> transposed(s.groups * s.group_size());
    if (s.groups == 0) return transposed;
    const float* from = bias[0].flat<float>().data();
    for (int64_t h = 0; h < s.groups * s.heads; ++h)
      Transpose(s.tokens, s.tokens, {from + h * s.tokens * s.tokens, s.tokens},
                {transposed.data() + h * s.tokens * s.score_stride(), s.score_stride()});
    return transposed;
  }

  int64_t heads_;
  bool bfloat16_;
};
}  // namespace

REGISTER_OP("OfaAttention")
    .Input("qkv: float")
    .Input("bias: N * float")
    .Output("y: float")
    .Attr("N: int >= 0")
    .Attr("heads: int")
    .Attr("mixed_precision: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class Attention : public AttentionKernel {
 public:
  using AttentionKernel::AttentionKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor& qkv = c->input(0);
    OpInputList bias;
    OP_REQUIRES_OK(c, c->input_list("bias", &bias));
    OP_REQUIRES_OK(c, Check(qkv, bias));
    const Sizes s = SizesOf(qkv, bias);
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({s.batch, s.tokens, s.width()}), &y));
    const float* qkv_data = qkv.flat<float>().data();
    float* y_data = y->flat<float>().data();
    const Buffer<float> transposed = TransposedBias(s, bias);
    Parallel(c, s.batch, s.cost(), [&](int64_t begin, int64_t end) {
      Multiplier multiply(bfloat16_);
      HeadwiseAttention attention(s, multiply);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t offset = i * s.tokens * s.width();
        const ScoreBias added = {s.groups == 0 ? nullptr : transposed.data() + i % s.groups * s.group_size(), nullptr};
        attention.Forward(qkv_data + 3 * offset, y_data + offset, added);
      }
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaAttention").Device(DEVICE_CPU), Attention);

REGISTER_OP("OfaAttentionGrad")
    .Input("dy: float")
    .Input("qkv: float")
    .Input("bias: N * float")
    .Output("dqkv: float")
    .Output("dbias: N * float")
    .Attr("N: int >= 0")
    .Attr("heads: int")
    .Attr("mixed_precision: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class AttentionGrad : public AttentionKernel {
 public:
  using AttentionKernel::AttentionKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &dy = c->input(0), &qkv = c->input(1);
    OpInputList bias;
    OP_REQUIRES_OK(c, c->input_list("bias", &bias));
    OP_REQUIRES_OK(c, Check(qkv, bias));
    const Sizes s = SizesOf(qkv, bias);
    OP_REQUIRES_OK(c, CheckSize(dy, s.batch * s.tokens * s.width(), "dy"));
    Tensor* dqkv;
    OP_REQUIRES_OK(c, c->allocate_output(0, qkv.shape(), &dqkv));
    const float *dy_data = dy.flat<float>().data(), *qkv_data = qkv.flat<float>().data();
    float* dqkv_data = dqkv->flat<float>().data();
    const Buffer<float> transposed = TransposedBias(s, bias);
    Buffer<float> bias_grads(transposed.size());
    const BlockedSumOptions options{s.batch, static_cast<int64_t>(bias_grads.size()), 3 * s.cost(), ThreadCount(c), 1};
    BlockedSum(c, options, bias_grads.data(), [&](int64_t begin, int64_t end, float* partial) {
      Multiplier multiply(bfloat16_);
      HeadwiseAttention attention(s, multiply);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t offset = i * s.tokens * s.width(), group = s.groups == 0 ? 0 : i % s.groups * s.group_size();
        const ScoreBias added = s.groups == 0 ? ScoreBias{} : ScoreBias{transposed.data() + group, partial + group};
        attention.Backward(dy_data + offset, qkv_data + 3 * offset, dqkv_data + 3 * offset, added);
      }
    });
    if (s.groups == 0) return;
    Tensor* dbias;
    OP_REQUIRES_OK(c, c->allocate_output(1, bias[0].shape(), &dbias));
    float* dbias_data = dbias->flat<float>().data();
    for (int64_t h = 0; h < s.groups * s.heads; ++h)
      Transpose(s.tokens, s.tokens, {bias_grads.data() + h * s.tokens * s.score_stride(), s.score_stride()},
                {dbias_data + h * s.tokens * s.tokens, s.tokens});
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaAttentionGrad").Device(DEVICE_CPU), AttentionGrad);

}  // namespace ofa
