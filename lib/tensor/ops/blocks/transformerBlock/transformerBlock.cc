// A pre-norm transformer block (Vaswani et al. 2017; Dosovitskiy et al. 2021), a few examples at a time that stay in
// the cache from norm to sum: a = x + proj(attention(qkv(norm1(x)))), y = a + fc2(GELU(fc1(norm2(a)))).
#include "ops/attention/attention.h"
#include "ops/blocks/blockParameters.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
enum TransformerLayer { kNorm1, kQkv, kProj, kNorm2, kFc1, kFc2 };

struct TransformerSizes {
  int64_t batch, tokens, heads;
  MlpSizes mlp;
  int64_t depth() const { return mlp.width / heads; }
  int64_t row(int64_t example) const { return example * tokens; }
  /** Examples that are taken at once: enough rows to be worth reading the weights for. */
  int64_t group() const { return std::max<int64_t>(1, 128 / tokens); }
  int64_t cost() const { return tokens * mlp.width * (4 * mlp.width + 2 * mlp.hidden + 2 * tokens) / 16; }

  absl::Status Check(const OpInputList& parameters) const {
    if (tokens == 0) return absl::InvalidArgumentError("x has no tokens");
    if (heads < 1 || mlp.width % heads != 0 || depth() % 8 != 0 || mlp.hidden % 8 != 0)
      return absl::InvalidArgumentError("a head's depth and the hidden width must be multiples of 8");
    const int64_t width = mlp.width, hidden = mlp.hidden;
    return AreLayers(parameters,
                     {{0, width}, {width, 3 * width}, {width, width}, {0, width}, {width, hidden}, {hidden, width}});
  }
};

TransformerSizes TransformerSizesOf(const Tensor& x, const OpInputList& parameters, int64_t heads, float epsilon) {
  return {x.dim_size(0), x.dim_size(1), heads, {x.dim_size(2), ColumnsOf(parameters[2 * kFc1]), epsilon}};
}
}  // namespace

// qkv, mixed, attended and hidden are for the gradient, and empty unless saved.
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

class TransformerBlock : public OpKernel {
 public:
  explicit TransformerBlock(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("heads", &heads_));
    OP_REQUIRES_OK(c, c->GetAttr("epsilon", &epsilon_));
    OP_REQUIRES_OK(c, c->GetAttr("mixed_precision", &bfloat16_));
    OP_REQUIRES_OK(c, c->GetAttr("save", &save_));
  }

  void Compute(OpKernelContext* c) override {
    OpInputList parameters;
    OP_REQUIRES_OK(c, c->input_list("parameters", &parameters));
    const Tensor& x = c->input(0);
    OP_REQUIRES_OK(c, IsBlock(x, 3, parameters, 6));
    const TransformerSizes s = TransformerSizesOf(x, parameters, heads_, epsilon_);
    OP_REQUIRES_OK(c, s.Check(parameters));
    const int64_t width = s.mlp.width, hidden = s.mlp.hidden, group = s.group();
    const auto shape = [&](int64_t columns) {
      return save_ ? TensorShape({s.batch, s.tokens, columns}) : TensorShape({0});
    };
    Tensor* outputs[5];
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &outputs[0]));
    const int64_t columns[] = {width, 3 * width, width, width, hidden};
    for (int i = 1; i < 5; ++i) OP_REQUIRES_OK(c, c->allocate_output(i, shape(columns[i]), &outputs[i]));
    float* places[5];
    for (int i = 0; i < 5; ++i) places[i] = outputs[i]->flat<float>().data();
    const float* px = x.flat<float>().data();
    const bool save = save_;
    const auto norm1 = LayerOf(parameters, kNorm1), norm2 = LayerOf(parameters, kNorm2);
    const auto shared = [&](int layer) { return SharedLayerOf(parameters, layer, bfloat16_); };
    const Layer qkv = shared(kQkv), proj = shared(kProj), fc1 = shared(kFc1), fc2 = shared(kFc2);
    Parallel(c, (s.batch + group - 1) / group, group * s.cost(), [&](int64_t begin, int64_t end) {
      const int64_t most = s.row(group);
      Multiplier multiply(bfloat16_);
      HeadwiseAttention attention(s.tokens, s.heads, s.depth(), multiply);
      ResidualMlp mlp(most, s.mlp, multiply);
      Buffer<float> normed(most * width), scratch(save ? 0 : most * (5 * width + hidden));
      for (int64_t g = begin; g < end; ++g) {
        const int64_t first = g * group, examples = std::min(group, s.batch - first), rows = s.row(examples),
                      at = s.row(first);
        float *in = scratch.data(), *mix = in + most * 3 * width, *sum = mix + most * width, *wide = sum + most * width;
        if (save)
          in = places[1] + at * 3 * width, mix = places[2] + at * width, sum = places[3] + at * width,
          wide = places[4] + at * hidden;
        const float* from = px + at * width;
        NormaliseRows(rows, width, s.mlp.epsilon, from, norm1, normed.data());
        Apply(multiply, rows, width, 3 * width, normed.data(), qkv, nullptr, in);
        for (int64_t e = 0; e < examples; ++e) attention.Forward(in + s.row(e) * 3 * width, mix + s.row(e) * width);
        Apply(multiply, rows, width, width, mix, proj, from, sum);
        mlp.Forward(rows, sum, norm2, fc1, fc2, wide, places[0] + at * width);
      }
    });
  }

 private:
  int64_t heads_;
  float epsilon_;
  bool bfloat16_, save_;
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
    .Output("slopes: N * float")
    .Attr("N: int = 12")
    .Attr("heads: int")
    .Attr("epsilon: float")
    .Attr("mixed_precision: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class TransformerBlockGrad : public OpKernel {
 public:
  explicit TransformerBlockGrad(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("heads", &heads_));
    OP_REQUIRES_OK(c, c->GetAttr("epsilon", &epsilon_));
    OP_REQUIRES_OK(c, c->GetAttr("mixed_precision", &bfloat16_));
  }

  void Compute(OpKernelContext* c) override {
    OpInputList parameters;
    OpOutputList slopes;
    OP_REQUIRES_OK(c, c->input_list("parameters", &parameters));
    OP_REQUIRES_OK(c, c->output_list("slopes", &slopes));
    const float* places[6];
    for (int i = 0; i < 6; ++i) places[i] = c->input(i).flat<float>().data();
    const Tensor& x = c->input(1);
    OP_REQUIRES_OK(c, IsBlock(x, 3, parameters, 6));
    const TransformerSizes s = TransformerSizesOf(x, parameters, heads_, epsilon_);
    OP_REQUIRES_OK(c, s.Check(parameters));
    const int64_t width = s.mlp.width, hidden = s.mlp.hidden, group = s.group(),
                  columns[] = {width, width, 3 * width, width, width, hidden};
    for (int i = 0; i < 6; ++i)
      OP_REQUIRES_OK(c, HasCount(c->input(i), s.row(s.batch) * columns[i], "what was saved, or dy,"));
    Tensor* dx;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    float* pdx = dx->flat<float>().data();
    const auto norm1 = LayerOf(parameters, kNorm1), norm2 = LayerOf(parameters, kNorm2);
    const auto turned = [&](int layer) { return TurnedLayerOf(parameters, layer, bfloat16_); };
    const Turned qkv = turned(kQkv), proj = turned(kProj), fc1 = turned(kFc1), fc2 = turned(kFc2);
    const BlockSlopes layout(parameters);
    Buffer<float> sums(layout.size());
    BlockedSum(
        c, (s.batch + group - 1) / group, layout.size(), 3 * group * s.cost(), sums.data(),
        [&](int64_t begin, int64_t end, float* partial) {
          const int64_t most = s.row(group);
          Multiplier multiply(bfloat16_);
          HeadwiseAttention attention(s.tokens, s.heads, s.depth(), multiply);
          ResidualMlp mlp(most, s.mlp, multiply);
          Buffer<float> normed(most * width), narrow(most * width), skip(most * width), wide(most * 3 * width);
          for (int64_t g = begin; g < end; ++g) {
            const int64_t first = g * group, examples = std::min(group, s.batch - first), rows = s.row(examples),
                          at = s.row(first) * width;
            const float *dy = places[0] + at, *from = places[1] + at, *in = places[2] + 3 * at, *mix = places[3] + at,
                        *sum = places[4] + at;
            mlp.Backward(rows, dy, sum, places[5] + s.row(first) * hidden, norm2, fc1, fc2,
                         layout.LayerOf(partial, kNorm2), layout.LayerOf(partial, kFc1), layout.LayerOf(partial, kFc2),
                         skip.data());
            ApplyGrad(multiply, rows, width, width, skip.data(), mix, proj, layout.LayerOf(partial, kProj),
                      narrow.data());
            for (int64_t e = 0; e < examples; ++e)
              attention.Backward(narrow.data() + s.row(e) * width, in + s.row(e) * 3 * width,
                                 wide.data() + s.row(e) * 3 * width);
            NormaliseRows(rows, width, s.mlp.epsilon, from, norm1, normed.data());
            ApplyGrad(multiply, rows, width, 3 * width, wide.data(), normed.data(), qkv, layout.LayerOf(partial, kQkv),
                      narrow.data());
            NormaliseRowsGrad(rows, width, s.mlp.epsilon, narrow.data(), from, norm1, skip.data(), pdx + at,
                              layout.LayerOf(partial, kNorm1));
          }
        },
        Threads(c), 1);
    OP_REQUIRES_OK(c, layout.Write(sums.data(), parameters, &slopes));
  }

 private:
  int64_t heads_;
  float epsilon_;
  bool bfloat16_;
};
REGISTER_KERNEL_BUILDER(Name("OfaTransformerBlockGrad").Device(DEVICE_CPU), TransformerBlockGrad);

}  // namespace ofa
