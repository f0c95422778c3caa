// Scaled dot-product attention of packed queries, keys and values (Vaswani et al. 2017, eq. 1), one example at a time;
// with a bias of the scores where there is one (Liu et al. 2021, eq. 4), of which example i takes group i mod groups.
#include "ops/attention/attention.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
struct AttentionSizes {
  int64_t batch, tokens, heads, depth, groups;  // depth: channels of one head; groups: 0 without a bias
  int64_t width() const { return heads * depth; }
  int64_t cost() const { return tokens * tokens * width() / 4; }
  int64_t columns() const { return HeadwiseAttention::Columns(tokens); }
  /** Numbers of a group's bias, each head's as [keys, queries] with rows of whole vectors. */
  int64_t group() const { return heads * tokens * columns(); }
};

class AttentionKernel : public OpKernel {
 public:
  explicit AttentionKernel(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("heads", &heads_));
    OP_REQUIRES_OK(c, c->GetAttr("mixed_precision", &bfloat16_));
  }

 protected:
  absl::Status Check(const Tensor& qkv, const OpInputList& bias) const {
    if (qkv.dims() != 3 || qkv.dim_size(2) % (3 * heads_) != 0 || qkv.dim_size(2) / (3 * heads_) % 8 != 0)
      return absl::InvalidArgumentError(
          "qkv must be [batch, tokens, 3 * heads * depth], a head's depth a multiple of 8");
    if (bias.size() == 0) return absl::OkStatus();
    const int64_t tokens = qkv.dim_size(1);
    if (bias[0].dims() != 4 || bias[0].dim_size(0) < 1)
      return absl::InvalidArgumentError("the bias must be [groups, heads, tokens, tokens]");
    return HasCount(bias[0], bias[0].dim_size(0) * heads_ * tokens * tokens, "bias");
  }

  AttentionSizes SizesOf(const Tensor& qkv, const OpInputList& bias) const {
    return {qkv.dim_size(0), qkv.dim_size(1), heads_, qkv.dim_size(2) / (3 * heads_),
            bias.size() == 0 ? 0 : bias[0].dim_size(0)};
  }

  /** The bias [groups, heads, queries, keys] as scores stand: [groups, heads, keys, queries]. */
  Buffer<float> Turned(const AttentionSizes& s, const OpInputList& bias) const {
    Buffer<float> turned(s.groups * s.group());
    if (s.groups == 0) return turned;
    const float* from = bias[0].flat<float>().data();
    for (int64_t h = 0; h < s.groups * s.heads; ++h)
      Transpose(s.tokens, s.tokens, {from + h * s.tokens * s.tokens, s.tokens},
                {turned.data() + h * s.tokens * s.columns(), s.columns()});
    return turned;
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
    const AttentionSizes s = SizesOf(qkv, bias);
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({s.batch, s.tokens, s.width()}), &y));
    const float* in = qkv.flat<float>().data();
    float* out = y->flat<float>().data();
    const Buffer<float> turned = Turned(s, bias);
    Parallel(c, s.batch, s.cost(), [&](int64_t begin, int64_t end) {
      Multiplier multiply(bfloat16_);
      HeadwiseAttention attention(s.tokens, s.heads, s.depth, multiply);
      for (int64_t i = begin; i < end; ++i) {
        const ScoreBias added = {s.groups == 0 ? nullptr : turned.data() + i % s.groups * s.group(), nullptr};
        attention.Forward(in + i * s.tokens * 3 * s.width(), out + i * s.tokens * s.width(), added);
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
    const Tensor& qkv = c->input(1);
    OpInputList bias;
    OP_REQUIRES_OK(c, c->input_list("bias", &bias));
    OP_REQUIRES_OK(c, Check(qkv, bias));
    const AttentionSizes s = SizesOf(qkv, bias);
    OP_REQUIRES_OK(c, HasCount(c->input(0), s.batch * s.tokens * s.width(), "dy"));
    Tensor* dqkv;
    OP_REQUIRES_OK(c, c->allocate_output(0, qkv.shape(), &dqkv));
    const float *dy = c->input(0).flat<float>().data(), *in = qkv.flat<float>().data();
    float* out = dqkv->flat<float>().data();
    const Buffer<float> turned = Turned(s, bias);
    Buffer<float> sums(turned.size());
    BlockedSum(
        c, s.batch, sums.size(), 3 * s.cost(), sums.data(),
        [&](int64_t begin, int64_t end, float* partial) {
          Multiplier multiply(bfloat16_);
          HeadwiseAttention attention(s.tokens, s.heads, s.depth, multiply);
          for (int64_t i = begin; i < end; ++i) {
            const int64_t from = i * s.tokens * s.width(), group = s.groups == 0 ? 0 : i % s.groups * s.group();
            attention.Backward(dy + from, in + 3 * from, out + 3 * from,
                               s.groups == 0 ? ScoreBias{} : ScoreBias{turned.data() + group, partial + group});
          }
        },
        Threads(c), 1);
    if (s.groups == 0) return;
    Tensor* dbias;
    OP_REQUIRES_OK(c, c->allocate_output(1, bias[0].shape(), &dbias));
    float* slope = dbias->flat<float>().data();
    for (int64_t h = 0; h < s.groups * s.heads; ++h)
      Transpose(s.tokens, s.tokens, {sums.data() + h * s.tokens * s.columns(), s.columns()},
                {slope + h * s.tokens * s.tokens, s.tokens});
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaAttentionGrad").Device(DEVICE_CPU), AttentionGrad);

}  // namespace ofa
