// Scaled dot-product attention of packed queries, keys and values (Vaswani et al. 2017, eq. 1), one head of one example at a time.
#include <cmath>

#include "Eigen/Core"
#include "parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Strided = Eigen::Map<Matrix, 0, Eigen::OuterStride<>>;
using ConstStrided = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;

struct Sizes {
  int64_t batch, tokens, heads, depth;  // depth: channels of one head
  int64_t width() const { return heads * depth; }
  int64_t cost() const { return 4 * tokens * tokens * depth; }
};

Sizes SizesOf(const Tensor& qkv, int64_t heads) {
  return {qkv.dim_size(0), qkv.dim_size(1), heads, qkv.dim_size(2) / (3 * heads)};
}

/** The tokens × depth matrix of part 0 (queries), 1 (keys) or 2 (values) in a row-packed [batch, tokens, 3 · width] array. */
template <typename View, typename Pointer>
View Part(Pointer qkv, const Sizes& s, int64_t example, int64_t head, int64_t part) {
  return View(qkv + example * s.tokens * 3 * s.width() + part * s.width() + head * s.depth, s.tokens, s.depth,
              Eigen::OuterStride<>(3 * s.width()));
}

template <typename View, typename Pointer>
View Head(Pointer out, const Sizes& s, int64_t example, int64_t head) {
  return View(out + example * s.tokens * s.width() + head * s.depth, s.tokens, s.depth, Eigen::OuterStride<>(s.width()));
}
}  // namespace

REGISTER_OP("OfaAttention")
    .Input("qkv: float").Output("y: float").Output("weights: float")
    .Attr("heads: int")
    .SetShapeFn(shape_inference::UnknownShape);

class Attention : public OpKernel {
 public:
  explicit Attention(OpKernelConstruction* c) : OpKernel(c) { OP_REQUIRES_OK(c, c->GetAttr("heads", &heads_)); }

  void Compute(OpKernelContext* c) override {
    const Tensor& qkv = c->input(0);
    const Sizes s = SizesOf(qkv, heads_);
    Tensor *y, *weights;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({s.batch, s.tokens, s.width()}), &y));
    OP_REQUIRES_OK(c, c->allocate_output(1, TensorShape({s.batch, s.heads, s.tokens, s.tokens}), &weights));
    const float* in = qkv.flat<float>().data();
    float *out = y->flat<float>().data(), *saved = weights->flat<float>().data();
    const float scale = 1.0f / std::sqrt(static_cast<float>(s.depth));
    Parallel(c, s.batch * s.heads, s.cost(), [=](int64_t begin, int64_t end) {
      Matrix q, k, v, o;
      for (int64_t i = begin; i < end; ++i) {
        const int64_t example = i / s.heads, head = i % s.heads;
        q = Part<ConstStrided>(in, s, example, head, 0) * scale;
        k = Part<ConstStrided>(in, s, example, head, 1);
        v = Part<ConstStrided>(in, s, example, head, 2);
        Eigen::Map<Matrix> p(saved + i * s.tokens * s.tokens, s.tokens, s.tokens);
        p.noalias() = q * k.transpose();
        for (int64_t r = 0; r < s.tokens; ++r) {
          auto row = p.row(r).array();
          row = (row - row.maxCoeff()).exp();
          row *= 1.0f / row.sum();
        }
        o.noalias() = p * v;
        Head<Strided>(out, s, example, head) = o;
      }
    });
  }

 private:
  int64_t heads_;
};
REGISTER_KERNEL_BUILDER(Name("OfaAttention").Device(DEVICE_CPU), Attention);

REGISTER_OP("OfaAttentionGrad")
    .Input("dy: float").Input("qkv: float").Input("weights: float").Output("dqkv: float")
    .Attr("heads: int")
    .SetShapeFn(shape_inference::UnknownShape);

class AttentionGrad : public OpKernel {
 public:
  explicit AttentionGrad(OpKernelConstruction* c) : OpKernel(c) { OP_REQUIRES_OK(c, c->GetAttr("heads", &heads_)); }

  void Compute(OpKernelContext* c) override {
    const Tensor& qkv = c->input(1);
    const Sizes s = SizesOf(qkv, heads_);
    Tensor* dqkv;
    OP_REQUIRES_OK(c, c->allocate_output(0, qkv.shape(), &dqkv));
    const float *dy = c->input(0).flat<float>().data(), *in = qkv.flat<float>().data(), *saved = c->input(2).flat<float>().data();
    float* out = dqkv->flat<float>().data();
    const float scale = 1.0f / std::sqrt(static_cast<float>(s.depth));
    Parallel(c, s.batch * s.heads, 2 * s.cost(), [=](int64_t begin, int64_t end) {
      Matrix q, k, v, g, dp, d;
      for (int64_t i = begin; i < end; ++i) {
        const int64_t example = i / s.heads, head = i % s.heads;
        q = Part<ConstStrided>(in, s, example, head, 0);
        k = Part<ConstStrided>(in, s, example, head, 1);
        v = Part<ConstStrided>(in, s, example, head, 2);
        g = Head<ConstStrided>(dy, s, example, head);
        Eigen::Map<const Matrix> p(saved + i * s.tokens * s.tokens, s.tokens, s.tokens);
        d.noalias() = p.transpose() * g;
        Part<Strided>(out, s, example, head, 2) = d;
        dp.noalias() = g * v.transpose();
        for (int64_t r = 0; r < s.tokens; ++r) {
          const float sum = dp.row(r).dot(p.row(r));
          dp.row(r).array() = scale * p.row(r).array() * (dp.row(r).array() - sum);
        }
        d.noalias() = dp * k;
        Part<Strided>(out, s, example, head, 0) = d;
        d.noalias() = dp.transpose() * q;
        Part<Strided>(out, s, example, head, 1) = d;
      }
    });
  }

 private:
  int64_t heads_;
};
REGISTER_KERNEL_BUILDER(Name("OfaAttentionGrad").Device(DEVICE_CPU), AttentionGrad);

}  // namespace ofa
