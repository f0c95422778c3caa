// A pre-norm transformer block (Vaswani et al. 2017; Dosovitskiy et al. 2021): a = x + proj(attention(qkv(norm1(x)))),
// y = a + fc2(GELU(fc1(norm2(a)))). A few examples at a time stay in the cache from the first norm to the last sum.
#include "ops/attention/attention.h"
#include "ops/blocks/blockParameters.h"
#include "ops/blocks/residualMlp.h"
#include "simd/checks.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
enum TransformerLayer { kNorm1, kQkv, kProj, kNorm2, kFc1, kFc2 };

class TransformerBlockKernel : public OpKernel {
 public:
  explicit TransformerBlockKernel(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("heads", &heads_));
    OP_REQUIRES_OK(c, c->GetAttr("epsilon", &epsilon_));
    OP_REQUIRES_OK(c, c->GetAttr("mixed_precision", &bfloat16_));
  }

 protected:
  struct Sizes {
    int64_t batch, tokens, heads, width, hidden;
    int64_t depth() const { return width / heads; }
    /** Examples computed together: enough rows to be worth reading the weights for. */
    int64_t group() const { return std::max<int64_t>(1, 128 / tokens); }
    int64_t groups() const { return (batch + group() - 1) / group(); }
    int64_t cost() const { return tokens * width * (4 * width + 2 * hidden + 2 * tokens) / 16; }
    AttentionSizes attention() const { return {tokens, heads, depth()}; }
  };

  Sizes SizesOf(const Tensor& x, const OpInputList& parameters) const {
    return {x.dim_size(0), x.dim_size(1), heads_, x.dim_size(2), ColumnsOf(parameters[2 * kFc1])};
  }

  static absl::Status Check(const Sizes& s, const OpInputList& parameters) {
    if (s.tokens == 0) return absl::InvalidArgumentError("x must have at least one token");
    if (s.heads < 1 || s.width % s.heads != 0 || s.depth() % 8 != 0 || s.hidden % 8 != 0)
      return absl::InvalidArgumentError("the depth of a head and the hidden width must be multiples of 8");
    return CheckLayers(parameters, {{0, s.width},
                                    {s.width, 3 * s.width},
                                    {s.width, s.width},
                                    {0, s.width},
                                    {s.width, s.hidden},
                                    {s.hidden, s.width}});
  }

  RowNorm NormOf(const OpInputList& parameters, TransformerLayer layer, int64_t width) const {
    return {width, epsilon_, ParametersOf(parameters, layer)};
  }

  int64_t heads_;
  float epsilon_;
  bool bfloat16_;
};
}  // namespace

// qkv, mixed, attended and hidden are read by the gradient; they are empty unless `save` is set.
REGISTER_OP("OfaTransformerBlock")
    .Input("x: float")
    .Input("parameters: N * float")
    .Output("y: float")
    .Output("qkv: float")
    .Output("mixed: float")
    .Output("attended: float")
    .Output("hidden: float")
    .Attr("N: int = 12")
    .Attr("heads: int")
    .Attr("epsilon: float")
    .Attr("mixed_precision: bool")
    .Attr("save: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class TransformerBlock : public TransformerBlockKernel {
 public:
  explicit TransformerBlock(OpKernelConstruction* c) : TransformerBlockKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("save", &save_));
  }

  void Compute(OpKernelContext* c) override {
    OpInputList parameters;
    OP_REQUIRES_OK(c, c->input_list("parameters", &parameters));
    const Tensor& x = c->input(0);
    OP_REQUIRES_OK(c, CheckBlock(x, 3, parameters, 6));
    const Sizes s = SizesOf(x, parameters);
    OP_REQUIRES_OK(c, Check(s, parameters));
    const int64_t width = s.width, hidden = s.hidden, group = s.group();
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    const int64_t saved_widths[] = {3 * width, width, width, hidden};
    float* saved[4];
    for (int i = 0; i < 4; ++i) {
      Tensor* output;
      const TensorShape shape = save_ ? TensorShape({s.batch, s.tokens, saved_widths[i]}) : TensorShape({0});
      OP_REQUIRES_OK(c, c->allocate_output(1 + i, shape, &output));
      saved[i] = output->flat<float>().data();
    }
    const float* x_data = x.flat<float>().data();
    float* y_data = y->flat<float>().data();
    const bool save = save_;
    const RowNorm norm1 = NormOf(parameters, kNorm1, width), norm2 = NormOf(parameters, kNorm2, width);
    const auto linear = [&](int layer) { return LinearLayerOf(parameters, layer, bfloat16_); };
    const LinearLayer qkv = linear(kQkv), proj = linear(kProj), fc1 = linear(kFc1), fc2 = linear(kFc2);
    Parallel(c, s.groups(), group * s.cost(), [&](int64_t begin, int64_t end) {
      const int64_t max_rows = group * s.tokens;
      Multiplier multiply(bfloat16_);
      HeadwiseAttention attention(s.attention(), multiply);
      ResidualMlp mlp(max_rows, width, hidden, multiply);
      Buffer<float> normed(max_rows * width), scratch(save ? 0 : max_rows * (5 * width + hidden));
      for (int64_t g = begin; g < end; ++g) {
        const int64_t examples = std::min(group, s.batch - g * group);
        const int64_t first = g * max_rows, rows = examples * s.tokens;
        float* packed = save ? saved[0] + first * 3 * width : scratch.data();
        float* mixed = save ? saved[1] + first * width : scratch.data() + max_rows * 3 * width;
        float* attended = save ? saved[2] + first * width : scratch.data() + max_rows * 4 * width;
        float* wide = save ? saved[3] + first * hidden : scratch.data() + max_rows * 5 * width;
        const float* from = x_data + first * width;
        norm1.Forward(rows, from, normed.data());
        ApplyLinear(multiply, rows, qkv, normed.data(), nullptr, packed);
        for (int64_t e = 0; e < examples; ++e) {
          const int64_t offset = e * s.tokens * width;
          attention.Forward(packed + 3 * offset, mixed + offset);
        }
        ApplyLinear(multiply, rows, proj, mixed, from, attended);
        mlp.Forward(rows, {norm2, fc1, fc2}, attended, wide, y_data + first * width);
      }
    });
  }

 private:
  bool save_;
};
REGISTER_KERNEL_BUILDER(Name("OfaTransformerBlock").Device(DEVICE_CPU), TransformerBlock);

REGISTER_OP("OfaTransformerBlockGrad")
    .Input("dy: float")
    .Input("x: float")
    .Input("qkv: float")
    .Input("mixed: float")
    .Input("attended: float")
    .Input("hidden: float")
    .Input("parameters: N * float")
    .Output("dx: float")
    .Output("grads: N * float")
    .Attr("N: int = 12")
    .Attr("heads: int")
    .Attr("epsilon: float")
    .Attr("mixed_precision: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class TransformerBlockGrad : public TransformerBlockKernel {
 public:
  using TransformerBlockKernel::TransformerBlockKernel;

  void Compute(OpKernelContext* c) override {
    OpInputList parameters;
    OpOutputList grads;
    OP_REQUIRES_OK(c, c->input_list("parameters", &parameters));
    OP_REQUIRES_OK(c, c->output_list("grads", &grads));
    const Tensor& x = c->input(1);
    OP_REQUIRES_OK(c, CheckBlock(x, 3, parameters, 6));
    const Sizes s = SizesOf(x, parameters);
    OP_REQUIRES_OK(c, Check(s, parameters));
    const int64_t width = s.width, hidden = s.hidden, group = s.group();
    const char* names[] = {"dy", "x", "qkv", "mixed", "attended", "hidden"};
    const int64_t widths[] = {width, width, 3 * width, width, width, hidden};
    const float* inputs[6];
    for (int i = 0; i < 6; ++i) {
      OP_REQUIRES_OK(c, CheckSize(c->input(i), s.batch * s.tokens * widths[i], names[i]));
      inputs[i] = c->input(i).flat<float>().data();
    }
    Tensor* dx;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    float* dx_data = dx->flat<float>().data();
    const RowNorm norm1 = NormOf(parameters, kNorm1, width), norm2 = NormOf(parameters, kNorm2, width);
    const auto transposed = [&](int layer) { return TransposedWeightOf(parameters, layer, bfloat16_); };
    const TransposedWeight qkv = transposed(kQkv), proj = transposed(kProj);
    const TransposedWeight fc1 = transposed(kFc1), fc2 = transposed(kFc2);
    const BlockGrads layout(parameters);
    Buffer<float> sums(layout.size());
    const auto add_groups = [&](int64_t begin, int64_t end, float* partial) {
      const int64_t max_rows = group * s.tokens;
      const auto grads_of = [&](int layer) { return layout.LayerOf(partial, layer); };
      Multiplier multiply(bfloat16_);
      HeadwiseAttention attention(s.attention(), multiply);
      ResidualMlp mlp(max_rows, width, hidden, multiply);
      Buffer<float> normed(max_rows * width), narrow(max_rows * width), attended_grad(max_rows * width),
          qkv_grad(max_rows * 3 * width);
      for (int64_t g = begin; g < end; ++g) {
        const int64_t examples = std::min(group, s.batch - g * group);
        const int64_t first = g * max_rows, rows = examples * s.tokens, at = first * width;
        const float *dy = inputs[0] + at, *from = inputs[1] + at, *packed = inputs[2] + 3 * at;
        const float *mixed = inputs[3] + at, *attended = inputs[4] + at, *wide = inputs[5] + first * hidden;
        mlp.Backward(rows, {norm2, fc1, fc2}, {dy, attended, wide, attended_grad.data()},
                     {grads_of(kNorm2), grads_of(kFc1), grads_of(kFc2)});
        ApplyLinearGrad(multiply, rows, proj, {attended_grad.data(), mixed, narrow.data()}, grads_of(kProj));
        for (int64_t e = 0; e < examples; ++e) {
          const int64_t offset = e * s.tokens * width;
          attention.Backward(narrow.data() + offset, packed + 3 * offset, qkv_grad.data() + 3 * offset);
        }
        norm1.Forward(rows, from, normed.data());
        ApplyLinearGrad(multiply, rows, qkv, {qkv_grad.data(), normed.data(), narrow.data()}, grads_of(kQkv));
        norm1.Backward(rows, {narrow.data(), from, attended_grad.data(), dx_data + at}, grads_of(kNorm1));
      }
    };
    BlockedSum(c, {s.groups(), layout.size(), 3 * group * s.cost(), ThreadCount(c), 1}, sums.data(), add_groups);
    OP_REQUIRES_OK(c, layout.Write(sums.data(), parameters, &grads));
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaTransformerBlockGrad").Device(DEVICE_CPU), TransformerBlockGrad);

}  // namespace ofa
