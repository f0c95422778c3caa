// A block of MLP-Mixer (Tolstikhin et al. 2021, eq. 1): m = x + tokens2(GELU(tokens1(norm1(x)))) across tokens, then
// y = m + channels2(GELU(channels1(norm2(m)))). One example at a time stays in the cache from the first norm to the
// last sum. Nothing is transposed: in products across tokens the weights are the left factor.
#include "ops/blocks/blockParameters.h"
#include "ops/blocks/residualMlp.h"
#include "simd/checks.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
enum MixerLayer { kMixNorm1, kTokens1, kTokens2, kMixNorm2, kChannels1, kChannels2 };

class MixerBlockKernel : public OpKernel {
 public:
  explicit MixerBlockKernel(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("epsilon", &epsilon_));
    OP_REQUIRES_OK(c, c->GetAttr("mixed_precision", &bfloat16_));
  }

 protected:
  struct Sizes {
    int64_t batch, tokens, width;
    /** Hidden widths of the two MLPs. */
    int64_t token_hidden, channel_hidden;
    int64_t cost() const { return tokens * width * 4 * (token_hidden + channel_hidden) / 32; }
  };

  static Sizes SizesOf(const Tensor& x, const OpInputList& parameters) {
    return {x.dim_size(0), x.dim_size(1), x.dim_size(2), ColumnsOf(parameters[2 * kTokens1]),
            ColumnsOf(parameters[2 * kChannels1])};
  }

  static absl::Status Check(const Sizes& s, const OpInputList& parameters) {
    if (s.tokens % 8 != 0 || s.token_hidden % 8 != 0 || s.width % 8 != 0 || s.channel_hidden % 8 != 0)
      return absl::InvalidArgumentError("the count of tokens and all widths must be multiples of 8");
    return CheckLayers(parameters, {{0, s.width},
                                    {s.tokens, s.token_hidden, true},
                                    {s.token_hidden, s.tokens, true},
                                    {0, s.width},
                                    {s.width, s.channel_hidden},
                                    {s.channel_hidden, s.width}});
  }

  RowNorm NormOf(const OpInputList& parameters, MixerLayer layer, int64_t width) const {
    return {width, epsilon_, ParametersOf(parameters, layer)};
  }

  float epsilon_;
  bool bfloat16_;
};

/** y[r, i] += bias[r] + residual[r, i]; the residual may be null. */
void AddColumn(int64_t rows, int64_t width, const float* bias, const float* residual, float* y) {
  for (int64_t r = 0; r < rows; ++r) {
    const float b = bias[r];
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) y[r * width + i] += b + (residual == nullptr ? 0.0f : residual[r * width + i]);
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

// token_hidden, mixed and channel_hidden are read by the gradient; they are empty unless `save` is set.
REGISTER_OP("OfaMixerBlock")
    .Input("x: float")
    .Input("parameters: N * float")
    .Output("y: float")
    .Output("token_hidden: float")
    .Output("mixed: float")
    .Output("channel_hidden: float")
    .Attr("N: int = 12")
    .Attr("epsilon: float")
    .Attr("mixed_precision: bool")
    .Attr("save: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class MixerBlock : public MixerBlockKernel {
 public:
  explicit MixerBlock(OpKernelConstruction* c) : MixerBlockKernel(c) { OP_REQUIRES_OK(c, c->GetAttr("save", &save_)); }

  void Compute(OpKernelContext* c) override {
    OpInputList parameters;
    OP_REQUIRES_OK(c, c->input_list("parameters", &parameters));
    const Tensor& x = c->input(0);
    OP_REQUIRES_OK(c, CheckBlock(x, 3, parameters, 6));
    const Sizes s = SizesOf(x, parameters);
    OP_REQUIRES_OK(c, Check(s, parameters));
    const int64_t width = s.width, tokens = s.tokens;
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    const TensorShape shapes[] = {
        {s.batch, s.token_hidden, width}, {s.batch, tokens, width}, {s.batch, tokens, s.channel_hidden}};
    float* saved[3];
    for (int i = 0; i < 3; ++i) {
      Tensor* output;
      OP_REQUIRES_OK(c, c->allocate_output(1 + i, save_ ? shapes[i] : TensorShape({0}), &output));
      saved[i] = output->flat<float>().data();
    }
    const float* x_data = x.flat<float>().data();
    float* y_data = y->flat<float>().data();
    const bool save = save_;
    const RowNorm norm1 = NormOf(parameters, kMixNorm1, width), norm2 = NormOf(parameters, kMixNorm2, width);
    const auto tokens1 = ParametersOf(parameters, kTokens1), tokens2 = ParametersOf(parameters, kTokens2);
    const LinearLayer channels1 = LinearLayerOf(parameters, kChannels1, bfloat16_),
                      channels2 = LinearLayerOf(parameters, kChannels2, bfloat16_);
    const int64_t size = tokens * width, token_hidden = s.token_hidden * width,
                  channel_hidden = tokens * s.channel_hidden;
    Parallel(c, s.batch, s.cost(), [&](int64_t begin, int64_t end) {
      Multiplier multiply(bfloat16_);
      ResidualMlp mlp(tokens, width, s.channel_hidden, multiply);
      Buffer<float> normed(size), activated(token_hidden);
      Buffer<float> scratch(save ? 0 : token_hidden + size + channel_hidden);
      for (int64_t e = begin; e < end; ++e) {
        float* between = save ? saved[0] + e * token_hidden : scratch.data();
        float* mixed = save ? saved[1] + e * size : scratch.data() + token_hidden;
        float* wide = save ? saved[2] + e * channel_hidden : scratch.data() + token_hidden + size;
        const float* from = x_data + e * size;
        norm1.Forward(tokens, from, normed.data());
        multiply({s.token_hidden, width, tokens}, {tokens1.weight, 1, s.token_hidden}, {normed.data(), width},
                 {between, width});
        AddColumn(s.token_hidden, width, tokens1.bias, nullptr, between);
        Gelu(between, token_hidden, activated.data());
        multiply({tokens, width, s.token_hidden}, {tokens2.weight, 1, tokens}, {activated.data(), width},
                 {mixed, width});
        AddColumn(tokens, width, tokens2.bias, from, mixed);
        mlp.Forward(tokens, {norm2, channels1, channels2}, mixed, wide, y_data + e * size);
      }
    });
  }

 private:
  bool save_;
};
REGISTER_KERNEL_BUILDER(Name("OfaMixerBlock").Device(DEVICE_CPU), MixerBlock);

REGISTER_OP("OfaMixerBlockGrad")
    .Input("dy: float")
    .Input("x: float")
    .Input("token_hidden: float")
    .Input("mixed: float")
    .Input("channel_hidden: float")
    .Input("parameters: N * float")
    .Output("dx: float")
    .Output("grads: N * float")
    .Attr("N: int = 12")
    .Attr("epsilon: float")
    .Attr("mixed_precision: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class MixerBlockGrad : public MixerBlockKernel {
 public:
  using MixerBlockKernel::MixerBlockKernel;

  void Compute(OpKernelContext* c) override {
    OpInputList parameters;
    OpOutputList grads;
    OP_REQUIRES_OK(c, c->input_list("parameters", &parameters));
    OP_REQUIRES_OK(c, c->output_list("grads", &grads));
    const Tensor& x = c->input(1);
    OP_REQUIRES_OK(c, CheckBlock(x, 3, parameters, 6));
    const Sizes s = SizesOf(x, parameters);
    OP_REQUIRES_OK(c, Check(s, parameters));
    const int64_t width = s.width, tokens = s.tokens, size = tokens * width, token_hidden = s.token_hidden * width,
                  channel_hidden = tokens * s.channel_hidden;
    const char* names[] = {"dy", "x", "token_hidden", "mixed", "channel_hidden"};
    const int64_t sizes[] = {size, size, token_hidden, size, channel_hidden};
    const float* inputs[5];
    for (int i = 0; i < 5; ++i) {
      OP_REQUIRES_OK(c, CheckSize(c->input(i), s.batch * sizes[i], names[i]));
      inputs[i] = c->input(i).flat<float>().data();
    }
    Tensor* dx;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    float* dx_data = dx->flat<float>().data();
    const RowNorm norm1 = NormOf(parameters, kMixNorm1, width), norm2 = NormOf(parameters, kMixNorm2, width);
    const auto tokens1 = ParametersOf(parameters, kTokens1), tokens2 = ParametersOf(parameters, kTokens2);
    const TransposedWeight channels1 = TransposedWeightOf(parameters, kChannels1, bfloat16_),
                           channels2 = TransposedWeightOf(parameters, kChannels2, bfloat16_);
    const BlockGrads layout(parameters);
    Buffer<float> sums(layout.size());
    const auto add_examples = [&](int64_t begin, int64_t end, float* partial) {
      const auto grads_of = [&](int layer) { return layout.LayerOf(partial, layer); };
      const auto dtokens1 = grads_of(kTokens1), dtokens2 = grads_of(kTokens2);
      Multiplier multiply(bfloat16_);
      ResidualMlp mlp(tokens, width, s.channel_hidden, multiply);
      Buffer<float> normed(size), mixed_grad(size), transposed(std::max(size, token_hidden)), activated(token_hidden),
          hidden_grad(token_hidden), normed_grad(size);
      for (int64_t e = begin; e < end; ++e) {
        const float *dy = inputs[0] + e * size, *from = inputs[1] + e * size, *between = inputs[2] + e * token_hidden;
        const float *mixed = inputs[3] + e * size, *wide = inputs[4] + e * channel_hidden;
        mlp.Backward(tokens, {norm2, channels1, channels2}, {dy, mixed, wide, mixed_grad.data()},
                     {grads_of(kMixNorm2), grads_of(kChannels1), grads_of(kChannels2)});
        AccumulateColumn(tokens, width, mixed_grad.data(), dtokens2.bias);
        multiply({s.token_hidden, width, tokens}, {tokens2.weight, tokens, 1}, {mixed_grad.data(), width},
                 {hidden_grad.data(), width});
        GeluGrad(hidden_grad.data(), between, token_hidden, activated.data(), hidden_grad.data());
        Transpose(tokens, width, {mixed_grad.data(), width}, {transposed.data(), tokens});
        multiply({s.token_hidden, tokens, width}, {activated.data(), width, 1}, {transposed.data(), tokens},
                 {dtokens2.weight, tokens}, Store::kAdd);
        AccumulateColumn(s.token_hidden, width, hidden_grad.data(), dtokens1.bias);
        norm1.Forward(tokens, from, normed.data());
        Transpose(s.token_hidden, width, {hidden_grad.data(), width}, {transposed.data(), s.token_hidden});
        multiply({tokens, s.token_hidden, width}, {normed.data(), width, 1}, {transposed.data(), s.token_hidden},
                 {dtokens1.weight, s.token_hidden}, Store::kAdd);
        multiply({tokens, width, s.token_hidden}, {tokens1.weight, s.token_hidden, 1}, {hidden_grad.data(), width},
                 {normed_grad.data(), width});
        norm1.Backward(tokens, {normed_grad.data(), from, mixed_grad.data(), dx_data + e * size}, grads_of(kMixNorm1));
      }
    };
    BlockedSum(c, {s.batch, layout.size(), 3 * s.cost(), ThreadCount(c), 1}, sums.data(), add_examples);
    OP_REQUIRES_OK(c, layout.Write(sums.data(), parameters, &grads));
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaMixerBlockGrad").Device(DEVICE_CPU), MixerBlockGrad);

}  // namespace ofa
