// Scaled dot-product attention of packed queries, keys and values (Vaswani et al. 2017, eq. 1), one example at a time.
#include "attention.h"
#include "parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
struct Sizes {
  int64_t batch, tokens, heads, depth;  // depth: channels of one head
  int64_t width() const { return heads * depth; }
  int64_t cost() const { return tokens * tokens * width() / 4; }
};

Sizes SizesOf(const Tensor& qkv, int64_t heads) {
  return {qkv.dim_size(0), qkv.dim_size(1), heads, qkv.dim_size(2) / (3 * heads)};
}
}  // namespace

REGISTER_OP("OfaAttention").Input("qkv: float").Output("y: float").Attr("heads: int").Attr("rounded: bool").SetShapeFn(shape_inference::UnknownShape);

class Attention : public OpKernel {
 public:
  explicit Attention(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("heads", &heads_));
    OP_REQUIRES_OK(c, c->GetAttr("rounded", &bfloat16_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor& qkv = c->input(0);
    const Sizes s = SizesOf(qkv, heads_);
    OP_REQUIRES(c, s.depth % 8 == 0, absl::InvalidArgumentError("a head's depth must be a multiple of 8"));
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({s.batch, s.tokens, s.width()}), &y));
    const float* in = qkv.flat<float>().data();
    float* out = y->flat<float>().data();
    Parallel(c, s.batch, s.cost(), [=, bfloat16 = bfloat16_](int64_t begin, int64_t end) {
      Multiplier multiply(bfloat16);
      HeadwiseAttention attention(s.tokens, s.heads, s.depth, multiply);
      for (int64_t i = begin; i < end; ++i) attention.Forward(in + i * s.tokens * 3 * s.width(), out + i * s.tokens * s.width());
    });
  }

 private:
  int64_t heads_;
  bool bfloat16_;
};
REGISTER_KERNEL_BUILDER(Name("OfaAttention").Device(DEVICE_CPU), Attention);

REGISTER_OP("OfaAttentionGrad").Input("dy: float").Input("qkv: float").Output("dqkv: float").Attr("heads: int").Attr("rounded: bool").SetShapeFn(shape_inference::UnknownShape);

class AttentionGrad : public OpKernel {
 public:
  explicit AttentionGrad(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("heads", &heads_));
    OP_REQUIRES_OK(c, c->GetAttr("rounded", &bfloat16_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor& qkv = c->input(1);
    const Sizes s = SizesOf(qkv, heads_);
    OP_REQUIRES(c, s.depth % 8 == 0, absl::InvalidArgumentError("a head's depth must be a multiple of 8"));
    Tensor* dqkv;
    OP_REQUIRES_OK(c, c->allocate_output(0, qkv.shape(), &dqkv));
    const float *dy = c->input(0).flat<float>().data(), *in = qkv.flat<float>().data();
    float* out = dqkv->flat<float>().data();
    Parallel(c, s.batch, 3 * s.cost(), [=, bfloat16 = bfloat16_](int64_t begin, int64_t end) {
      Multiplier multiply(bfloat16);
      HeadwiseAttention attention(s.tokens, s.heads, s.depth, multiply);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t from = i * s.tokens * s.width();
        attention.Backward(dy + from, in + 3 * from, out + 3 * from);
      }
    });
  }

 private:
  int64_t heads_;
  bool bfloat16_;
};
REGISTER_KERNEL_BUILDER(Name("OfaAttentionGrad").Device(DEVICE_CPU), AttentionGrad);

}  // namespace ofa
