// A block of MLP-Mixer (Tolstikhin et al. 2021), one example at a time that stays in the cache from norm to sum:
// m = x + (MLP over tokens of norm1(x)), y = m + fc2(GELU(fc1(norm2(m)))). No transposes: weights stand on the left of
// products over tokens.
#include "ops/blocks/blockParameters.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
enum MixerLayer { kMixNorm1, kTokens1, kTokens2, kMixNorm2, kChannels1, kChannels2 };

struct MixerSizes {
  int64_t batch, tokens, between;  // between: hidden width of the MLP over tokens
  MlpSizes mlp;
  int64_t cost() const { return tokens * mlp.width * 4 * (between + mlp.hidden) / 32; }

  absl::Status Check(const OpInputList& parameters) const {
    if (tokens % 8 != 0 || between % 8 != 0 || mlp.width % 8 != 0 || mlp.hidden % 8 != 0)
      return absl::InvalidArgumentError("tokens and widths must be multiples of 8");
    const int64_t width = mlp.width, hidden = mlp.hidden;
    return AreLayers(
        parameters,
        {{0, width}, {tokens, between, true}, {between, tokens, true}, {0, width}, {width, hidden}, {hidden, width}});
  }
};

MixerSizes MixerSizesOf(const Tensor& x, const OpInputList& parameters, float epsilon) {
  return {x.dim_size(0),
          x.dim_size(1),
          ColumnsOf(parameters[2 * kTokens1]),
          {x.dim_size(2), ColumnsOf(parameters[2 * kChannels1]), epsilon}};
}

/** y[r, i] = x[r, i] + bias[r] + other[r, i]. */
void AddColumn(int64_t rows, int64_t width, const float* bias, const float* other, float* y) {
  for (int64_t r = 0; r < rows; ++r) {
    const float b = bias[r];
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) y[r * width + i] += b + (other == nullptr ? 0.0f : other[r * width + i]);
  }
}

/** total[r] += Σ x[r, i]. */
void AccumulateColumn(int64_t rows, int64_t width, const float* x, float* total) {
  for (int64_t r = 0; r < rows; ++r) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < width; ++i) sum += x[r * width + i];
    total[r] += sum;
  }
}
}  // namespace

// between, mixed and hidden are for the gradient, and empty unless saved.
REGISTER_OP("OfaMixerBlock")
    .Input("x: float")
    .Input("parameters: N * float")
    .Output("y: float")
    .Output("between: float")
    .Output("mixed: float")
    .Output("hidden: float")
    .Attr("N: int = 12")
    .Attr("epsilon: float")
    .Attr("mixed_precision: bool")
    .Attr("save: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class MixerBlock : public OpKernel {
 public:
  explicit MixerBlock(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("epsilon", &epsilon_));
    OP_REQUIRES_OK(c, c->GetAttr("mixed_precision", &bfloat16_));
    OP_REQUIRES_OK(c, c->GetAttr("save", &save_));
  }

  void Compute(OpKernelContext* c) override {
    OpInputList parameters;
    OP_REQUIRES_OK(c, c->input_list("parameters", &parameters));
    const Tensor& x = c->input(0);
    OP_REQUIRES_OK(c, IsBlock(x, 3, parameters, 6));
    const MixerSizes s = MixerSizesOf(x, parameters, epsilon_);
    OP_REQUIRES_OK(c, s.Check(parameters));
    const int64_t width = s.mlp.width, tokens = s.tokens, size = tokens * width, between = s.between * width,
                  hidden = tokens * s.mlp.hidden;
    Tensor* outputs[4];
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &outputs[0]));
    const auto shape = [&](int64_t rows, int64_t columns) {
      return save_ ? TensorShape({s.batch, rows, columns}) : TensorShape({0});
    };
    OP_REQUIRES_OK(c, c->allocate_output(1, shape(s.between, width), &outputs[1]));
    OP_REQUIRES_OK(c, c->allocate_output(2, shape(tokens, width), &outputs[2]));
    OP_REQUIRES_OK(c, c->allocate_output(3, shape(tokens, s.mlp.hidden), &outputs[3]));
    float* places[4];
    for (int i = 0; i < 4; ++i) places[i] = outputs[i]->flat<float>().data();
    const float* px = x.flat<float>().data();
    const bool save = save_;
    const auto norm1 = LayerOf(parameters, kMixNorm1), tokens1 = LayerOf(parameters, kTokens1),
               tokens2 = LayerOf(parameters, kTokens2);
    const auto norm2 = LayerOf(parameters, kMixNorm2);
    const Layer fc1 = SharedLayerOf(parameters, kChannels1, bfloat16_),
                fc2 = SharedLayerOf(parameters, kChannels2, bfloat16_);
    Parallel(c, s.batch, s.cost(), [&](int64_t begin, int64_t end) {
      Multiplier multiply(bfloat16_);
      ResidualMlp mlp(tokens, s.mlp, multiply);
      Buffer<float> normed(size), curved(between), scratch(save ? 0 : between + size + hidden);
      for (int64_t e = begin; e < end; ++e) {
        float *mid = scratch.data(), *sum = mid + between, *wide = sum + size;
        if (save) mid = places[1] + e * between, sum = places[2] + e * size, wide = places[3] + e * hidden;
        const float* from = px + e * size;
        NormaliseRows(tokens, width, s.mlp.epsilon, from, norm1, normed.data());
        multiply(s.between, width, tokens, {tokens1.weight, 1, s.between}, {normed.data(), width}, {mid, width});
        AddColumn(s.between, width, tokens1.bias, nullptr, mid);
        Gelu(mid, between, curved.data());
        multiply(tokens, width, s.between, {tokens2.weight, 1, tokens}, {curved.data(), width}, {sum, width});
        AddColumn(tokens, width, tokens2.bias, from, sum);
        mlp.Forward(tokens, sum, norm2, fc1, fc2, wide, places[0] + e * size);
      }
    });
  }

 private:
  float epsilon_;
  bool bfloat16_, save_;
};
REGISTER_KERNEL_BUILDER(Name("OfaMixerBlock").Device(DEVICE_CPU), MixerBlock);

REGISTER_OP("OfaMixerBlockGrad")
    .Input("dy: float")
    .Input("x: float")
    .Input("between: float")
    .Input("mixed: float")
    .Input("hidden: float")
    .Input("parameters: N * float")
    .Output("dx: float")
    .Output("slopes: N * float")
    .Attr("N: int = 12")
    .Attr("epsilon: float")
    .Attr("mixed_precision: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class MixerBlockGrad : public OpKernel {
 public:
  explicit MixerBlockGrad(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("epsilon", &epsilon_));
    OP_REQUIRES_OK(c, c->GetAttr("mixed_precision", &bfloat16_));
  }

  void Compute(OpKernelContext* c) override {
    OpInputList parameters;
    OpOutputList slopes;
    OP_REQUIRES_OK(c, c->input_list("parameters", &parameters));
    OP_REQUIRES_OK(c, c->output_list("slopes", &slopes));
    const float* places[5];
    for (int i = 0; i < 5; ++i) places[i] = c->input(i).flat<float>().data();
    const Tensor& x = c->input(1);
    OP_REQUIRES_OK(c, IsBlock(x, 3, parameters, 6));
    const MixerSizes s = MixerSizesOf(x, parameters, epsilon_);
    OP_REQUIRES_OK(c, s.Check(parameters));
    const int64_t width = s.mlp.width, tokens = s.tokens, size = tokens * width, between = s.between * width,
                  sizes[] = {size, size, between, size, tokens * s.mlp.hidden};
    for (int i = 0; i < 5; ++i) OP_REQUIRES_OK(c, HasCount(c->input(i), s.batch * sizes[i], "what was saved, or dy,"));
    Tensor* dx;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    float* pdx = dx->flat<float>().data();
    const auto norm1 = LayerOf(parameters, kMixNorm1), tokens1 = LayerOf(parameters, kTokens1),
               tokens2 = LayerOf(parameters, kTokens2), norm2 = LayerOf(parameters, kMixNorm2);
    const Turned fc1 = TurnedLayerOf(parameters, kChannels1, bfloat16_),
                 fc2 = TurnedLayerOf(parameters, kChannels2, bfloat16_);
    const BlockSlopes layout(parameters);
    Buffer<float> sums(layout.size());
    BlockedSum(
        c, s.batch, layout.size(), 3 * s.cost(), sums.data(),
        [&](int64_t begin, int64_t end, float* partial) {
          Multiplier multiply(bfloat16_);
          ResidualMlp mlp(tokens, s.mlp, multiply);
          Buffer<float> normed(size), skip(size), turned(std::max(size, between)), curved(between), slope(between),
              narrow(size);
          const auto dtokens1 = layout.LayerOf(partial, kTokens1), dtokens2 = layout.LayerOf(partial, kTokens2);
          for (int64_t e = begin; e < end; ++e) {
            const float *from = places[1] + e * size, *mid = places[2] + e * between;
            mlp.Backward(tokens, places[0] + e * size, places[3] + e * size, places[4] + e * tokens * s.mlp.hidden,
                         norm2, fc1, fc2, layout.LayerOf(partial, kMixNorm2), layout.LayerOf(partial, kChannels1),
                         layout.LayerOf(partial, kChannels2), skip.data());
            AccumulateColumn(tokens, width, skip.data(), dtokens2.bias);
            multiply(s.between, width, tokens, {tokens2.weight, tokens, 1}, {skip.data(), width},
                     {slope.data(), width});
            GeluGrad(slope.data(), mid, between, curved.data(), slope.data());
            Transpose(tokens, width, {skip.data(), width}, {turned.data(), tokens});
            multiply(s.between, tokens, width, {curved.data(), width, 1}, {turned.data(), tokens},
                     {dtokens2.weight, tokens}, true);
            AccumulateColumn(s.between, width, slope.data(), dtokens1.bias);
            NormaliseRows(tokens, width, s.mlp.epsilon, from, norm1, normed.data());
            Transpose(s.between, width, {slope.data(), width}, {turned.data(), s.between});
            multiply(tokens, s.between, width, {normed.data(), width, 1}, {turned.data(), s.between},
                     {dtokens1.weight, s.between}, true);
            multiply(tokens, width, s.between, {tokens1.weight, s.between, 1}, {slope.data(), width},
                     {narrow.data(), width});
            NormaliseRowsGrad(tokens, width, s.mlp.epsilon, narrow.data(), from, norm1, skip.data(), pdx + e * size,
                              layout.LayerOf(partial, kMixNorm1));
          }
        },
        Threads(c), 1);
    OP_REQUIRES_OK(c, layout.Write(sums.data(), parameters, &slopes));
  }

 private:
  float epsilon_;
  bool bfloat16_;
};
REGISTER_KERNEL_BUILDER(Name("OfaMixerBlockGrad").Device(DEVICE_CPU), MixerBlockGrad);

}  // namespace ofa
