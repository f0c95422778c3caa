// A Swin block without a gradient (Liu et al. 2021, figure 3b): a = x + proj(attention(qkv(norm1(x)))), one window at a
// time where its tokens are in the grid, then y = a + fc2(GELU(fc1(norm2(a)))), a block of rows at a time. Neither qkv
// nor the hidden layer is written to memory.
#include <vector>

#include "ops/attention/attention.h"
#include "ops/blocks/blockParameters.h"
#include "ops/blocks/swinBlock/windows.h"
#include "simd/checks.h"
#include "simd/panels.h"
#include "simd/rows.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

// bias_table: the bias for each distance [(2 · window − 1)², heads]; parameters: those of each SwinLayer.
REGISTER_OP("OfaSwinBlock")
    .Input("x: float")
    .Input("bias_table: float")
    .Input("parameters: N * float")
    .Output("y: float")
    .Attr("N: int = 12")
    .Attr("window: int")
    .Attr("shift: int")
    .Attr("epsilon: float")
    .Attr("mixed_precision: bool")
    .SetShapeFn(shape_inference::UnchangedShape);

namespace {
enum SwinLayer { kSwinNorm1, kSwinQkv, kSwinProj, kSwinNorm2, kSwinFc1, kSwinFc2 };

/** Normalises rows and packs them as rows of a left factor. */
class PackedNorm {
 public:
  PackedNorm(int64_t width, float epsilon, const LayerParameters<const float>& parameters)
      : width_(width), epsilon_(epsilon), parameters_(parameters) {}

  /** `buffer` has room for a row of floats. */
  template <typename Number>
  void Pack(const float* x, float* buffer, Number* to) const {
    Normalise(x, width_, MomentsOf(x, width_, epsilon_), parameters_.weight, parameters_.bias, buffer);
    PackLeftRow(width_, buffer, to);
  }

 private:
  int64_t width_;
  float epsilon_;
  LayerParameters<const float> parameters_;
};
}  // namespace

class SwinBlock : public OpKernel {
 public:
  explicit SwinBlock(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("window", &window_));
    OP_REQUIRES_OK(c, c->GetAttr("shift", &shift_));
    OP_REQUIRES_OK(c, c->GetAttr("epsilon", &epsilon_));
    OP_REQUIRES_OK(c, c->GetAttr("mixed_precision", &bfloat16_));
  }

  void Compute(OpKernelContext* c) override {
    OpInputList parameters;
    OP_REQUIRES_OK(c, c->input_list("parameters", &parameters));
    const Tensor &x = c->input(0), &table = c->input(1);
    OP_REQUIRES_OK(c, Check(x, table, parameters));
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &y));
    float* y_data = y->flat<float>().data();
    if (bfloat16_) {
      Attend<Bf16Pair>(c, parameters, y_data);
      ApplyMlp<Bf16Pair>(c, parameters, y_data);
    } else {
      Attend<float>(c, parameters, y_data);
      ApplyMlp<float>(c, parameters, y_data);
    }
  }

 private:
  absl::Status Check(const Tensor& x, const Tensor& table, const OpInputList& parameters) const {
    TF_RETURN_IF_ERROR(CheckBlock(x, 4, parameters, 6));
    if (x.dim_size(1) != x.dim_size(2) || x.dim_size(1) == 0)
      return absl::InvalidArgumentError("the grid of tokens must be square and not empty");
    if (window_ <= 0 || shift_ < 0 || shift_ >= window_)
      return absl::InvalidArgumentError("the window must be above 0, and the shift from 0 to below the window");
    const int64_t width = x.dim_size(3), heads = ColumnsOf(table), hidden = ColumnsOf(parameters[2 * kSwinFc1]);
    if (heads == 0 || width % (8 * heads) != 0 || hidden % 8 != 0)
      return absl::InvalidArgumentError("the depth of a head and the hidden width must be multiples of 8");
    TF_RETURN_IF_ERROR(CheckSize(table, (2 * window_ - 1) * (2 * window_ - 1) * heads, "the bias table"));
    return CheckLayers(parameters, {{0, width},
                                    {width, 3 * width, true},
                                    {width, width, true},
                                    {0, width},
                                    {width, hidden, true},
                                    {hidden, width, true}});
  }

  template <typename Number>
  void Attend(OpKernelContext* c, const OpInputList& parameters, float* y) const {
    const Tensor &x = c->input(0), &table = c->input(1);
    const Windows windows{x.dim_size(1), window_, shift_};
    const int64_t width = x.dim_size(3), heads = table.dim_size(1), area = windows.area(), side = windows.side();
    const RightPanels<Number> qkv(c, parameters[2 * kSwinQkv]), proj(c, parameters[2 * kSwinProj]);
    const Buffer<float> bias = windows.Bias(table.flat<float>().data(), heads);
    const int64_t bias_size = bias.size() / windows.mask_count(), packed_width = qkv.packed_depth();
    const PackedNorm norm(width, epsilon_, ParametersOf(parameters, kSwinNorm1));
    const float *qkv_bias = ParametersOf(parameters, kSwinQkv).bias,
                *proj_bias = ParametersOf(parameters, kSwinProj).bias;
    const float* x_data = x.flat<float>().data();
    const int64_t cost = area * width * (4 * width + 2 * area) / 16;
    Parallel(c, x.dim_size(0) * windows.count(), cost, [&](int64_t begin, int64_t end) {
      Multiplier multiply(bfloat16_);
      HeadwiseAttention attention({area, heads, width / heads}, multiply);
      Buffer<Number> left(area * packed_width);
      Buffer<float> buffer(area * 4 * width);
      std::vector<int64_t> tokens(area);
      float *packed = buffer.data(), *mixed = packed + area * 3 * width;
      for (int64_t i = begin; i < end; ++i) {
        const int64_t row = i / side % side, column = i % side;
        const int64_t first = i / windows.count() * windows.grid * windows.grid;
        for (int64_t t = 0; t < area; ++t) {
          tokens[t] = windows.token_at(row, column, t);
          if (tokens[t] >= 0)
            norm.Pack(x_data + (first + tokens[t]) * width, mixed, left.data() + t * packed_width);
          else
            std::fill_n(left.data() + t * packed_width, packed_width, Number{});
        }
        for (int64_t p = 0; p < qkv.count(); ++p) {
          float* to = packed + p * kPanelColumns;
          qkv.MultiplyPanel(area, left.data(), p, {to, 3 * width});
          for (int64_t t = 0; t < area; ++t) Accumulate(qkv_bias + p * kPanelColumns, qkv.width(p), to + t * 3 * width);
        }
        attention.Forward(packed, mixed, {bias.data() + windows.mask_of(row, column) * bias_size, nullptr});
        for (int64_t t = 0; t < area; ++t) PackLeftRow(width, mixed + t * width, left.data() + t * packed_width);
        for (int64_t p = 0; p < proj.count(); ++p)
          proj.MultiplyPanel(area, left.data(), p, {mixed + p * kPanelColumns, width});
        for (int64_t t = 0; t < area; ++t) {
          const int64_t at = (first + tokens[t]) * width;
          if (tokens[t] >= 0) AddRow(mixed + t * width, width, proj_bias, x_data + at, y + at);
        }
      }
    });
  }

  /** In place: each row is read before it is added to. */
  template <typename Number>
  void ApplyMlp(OpKernelContext* c, const OpInputList& parameters, float* y) const {
    const RightPanels<Number> fc1(c, parameters[2 * kSwinFc1]), fc2(c, parameters[2 * kSwinFc2]);
    const int64_t width = fc1.depth(), hidden = fc2.depth(), rows = c->input(0).NumElements() / width;
    const int64_t packed_width = fc1.packed_depth(), packed_hidden = fc2.packed_depth();
    // As many rows at a time as leave room for a panel in the cache; a multiple of the rows of a tile.
    const int64_t block =
        std::min<int64_t>(96, std::max<int64_t>(12, 98304 / (packed_width + packed_hidden) / 12 * 12));
    const PackedNorm norm(width, epsilon_, ParametersOf(parameters, kSwinNorm2));
    const float *fc1_bias = ParametersOf(parameters, kSwinFc1).bias,
                *fc2_bias = ParametersOf(parameters, kSwinFc2).bias;
    Parallel(c, (rows + block - 1) / block, block * width * hidden / 8, [&](int64_t begin, int64_t end) {
      Buffer<Number> left(block * packed_width), activated(block * packed_hidden);
      Buffer<float> buffer(std::max(width, block * kPanelColumns));
      for (int64_t b = begin; b < end; ++b) {
        const int64_t count = std::min(block, rows - b * block);
        float* at = y + b * block * width;
        for (int64_t r = 0; r < count; ++r) norm.Pack(at + r * width, buffer.data(), left.data() + r * packed_width);
        for (int64_t p = 0; p < fc1.count(); ++p) {
          const int64_t column = p * kPanelColumns, columns = fc1.width(p);
          fc1.MultiplyPanel(count, left.data(), p, {buffer.data(), kPanelColumns});
          for (int64_t r = 0; r < count; ++r) {
            float* row = buffer.data() + r * kPanelColumns;
            Accumulate(fc1_bias + column, columns, row);
            Gelu(row, columns, row);
            PackLeftRow(columns, row, activated.data() + r * packed_hidden + PackedDepth<Number>(column));
          }
        }
        for (int64_t p = 0; p < fc2.count(); ++p) {
          const int64_t column = p * kPanelColumns;
          fc2.MultiplyPanel(count, activated.data(), p, {at + column, width}, Store::kAdd);
          for (int64_t r = 0; r < count; ++r) Accumulate(fc2_bias + column, fc2.width(p), at + r * width + column);
        }
      }
    });
  }

  int64_t window_, shift_;
  float epsilon_;
  bool bfloat16_;
};
REGISTER_KERNEL_BUILDER(Name("OfaSwinBlock").Device(DEVICE_CPU), SwinBlock);

}  // namespace ofa
