// A Swin block (Liu et al. 2021, figure 3b) of a network that is not trained: a = x + proj(attention(qkv(norm1(x))))
// window by window, where each stands in the grid, then y = a + fc2(GELU(fc1(norm2(a)))) some rows at a time. Neither
// qkv nor the wide layer goes to memory.
#include "ops/attention/attention.h"
#include "simd/panels.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
enum SwinLayer { kSwinNorm1, kSwinQkv, kSwinProj, kSwinNorm2, kSwinFc1, kSwinFc2 };

/** A grid of tokens cut into windows after it was moved up and left by `shift`; what leaves comes in at the other end.
 */
struct Windows {
  int64_t grid, window, shift;
  int64_t side() const { return (grid + window - 1) / window; }
  int64_t area() const { return window * window; }
  /** Windows at the lower and right seams of the shift have masks of their own. */
  int64_t kinds() const { return shift == 0 ? 1 : 4; }
  int64_t kind(int64_t row, int64_t column) const {
    return shift == 0 ? 0 : 2 * (row == side() - 1) + (column == side() - 1);
  }

  /** Where a window's token stands in the grid; −1 where it fills the last window. */
  int64_t place(int64_t row, int64_t column, int64_t token) const {
    const int64_t y = row * window + token / window, x = column * window + token % window;
    return y < grid && x < grid ? (y + shift) % grid * grid + (x + shift) % grid : -1;
  }

  /** Whether a shift brings two tokens together from different ends of the grid. */
  bool apart(int64_t kind, int64_t a, int64_t b) const {
    const auto beyond = [&](int64_t at) { return at >= window - shift; };
    return (kind >= 2 && beyond(a / window) != beyond(b / window)) ||
           (kind % 2 == 1 && beyond(a % window) != beyond(b % window));
  }

  /** The bias of all heads' scores for each kind of window, as `ScoreBias` wants it. table [(2 · window − 1)², heads]
   */
  Buffer<float> Bias(const float* table, int64_t heads) const {
    const int64_t columns = HeadwiseAttention::Columns(area()), span = 2 * window - 1;
    Buffer<float> bias(kinds() * heads * area() * columns);
    for (int64_t kind = 0; kind < kinds(); ++kind)
      for (int64_t key = 0; key < area(); ++key)
        for (int64_t query = 0; query < area(); ++query) {
          const int64_t distance =
              (query / window - key / window + window - 1) * span + query % window - key % window + window - 1;
          const float masked = apart(kind, query, key) ? -100.0f : 0.0f;
          for (int64_t h = 0; h < heads; ++h)
            bias[((kind * heads + h) * area() + key) * columns + query] = table[distance * heads + h] + masked;
        }
    return bias;
  }
};

/** The normalised row as a row of a left factor; `room` holds it in between. */
template <typename Number>
void TakeNormalised(const float* x, int64_t width, float epsilon, const float* scale, const float* offset, float* room,
                    Number* to) {
  Normalise(x, width, MomentsOf(x, width, epsilon), scale, offset, room);
  Take(width, room, to);
}
}  // namespace

// table: the bias of each distance [(2 · window − 1)², heads]; parameters: weight and bias of each SwinLayer.
REGISTER_OP("OfaSwinBlock")
    .Input("x: float")
    .Input("table: float")
    .Input("parameters: N * float")
    .Output("y: float")
    .Attr("N: int = 12")
    .Attr("window: int")
    .Attr("shift: int")
    .Attr("epsilon: float")
    .Attr("mixed_precision: bool")
    .SetShapeFn(shape_inference::UnchangedShape);

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
    OP_REQUIRES_OK(c, IsBlock(x, 4, parameters, 6));
    OP_REQUIRES(c, x.dim_size(1) == x.dim_size(2) && x.dim_size(1) > 0,
                absl::InvalidArgumentError("the grid must be a square"));
    OP_REQUIRES(c, window_ > 0 && 0 <= shift_ && shift_ < window_,
                absl::InvalidArgumentError("a window must have tokens, and be moved by less than its side"));
    const int64_t width = x.dim_size(3), heads = ColumnsOf(table), hidden = ColumnsOf(parameters[2 * kSwinFc1]);
    OP_REQUIRES(c, heads > 0 && width % (8 * heads) == 0 && hidden % 8 == 0,
                absl::InvalidArgumentError("a head's depth and the hidden width must be multiples of 8"));
    OP_REQUIRES_OK(c, HasCount(table, (2 * window_ - 1) * (2 * window_ - 1) * heads, "table"));
    OP_REQUIRES_OK(c, AreLayers(parameters, {{0, width},
                                             {width, 3 * width, true},
                                             {width, width, true},
                                             {0, width},
                                             {width, hidden, true},
                                             {hidden, width, true}}));
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, c->input(0).shape(), &y));
    if (bfloat16_)
      Forward<Pair>(c, y->flat<float>().data());
    else
      Forward<float>(c, y->flat<float>().data());
  }

 private:
  static const Tensor& WeightOf(OpKernelContext* c, SwinLayer layer) { return c->input(2 + 2 * layer); }
  static const float* FloatsOf(OpKernelContext* c, int input) { return c->input(input).flat<float>().data(); }
  static const float* BiasOf(OpKernelContext* c, SwinLayer layer) { return FloatsOf(c, 3 + 2 * layer); }

  template <typename Number>
  void Forward(OpKernelContext* c, float* y) const {
    Attend<Number>(c, y);
    Mlp<Number>(c, y);
  }

  template <typename Number>
  void Attend(OpKernelContext* c, float* y) const {
    const Tensor& x = c->input(0);
    const Windows windows{x.dim_size(1), window_, shift_};
    const int64_t width = x.dim_size(3), heads = c->input(1).dim_size(1), area = windows.area(), side = windows.side(),
                  tokens = windows.grid * windows.grid;
    const Panels<Number> qkv(c, WeightOf(c, kSwinQkv)), proj(c, WeightOf(c, kSwinProj));
    const Buffer<float> bias = windows.Bias(FloatsOf(c, 1), heads);
    const int64_t group = bias.size() / windows.kinds(), steps = qkv.steps();
    const float *from = FloatsOf(c, 0), *scale = FloatsOf(c, 2), *offset = BiasOf(c, kSwinNorm1),
                *qkv_bias = BiasOf(c, kSwinQkv), *proj_bias = BiasOf(c, kSwinProj);
    Parallel(c, x.dim_size(0) * side * side, area * width * (4 * width + 2 * area) / 16,
             [&](int64_t begin, int64_t end) {
               Multiplier multiply(bfloat16_);
               HeadwiseAttention attention(area, heads, width / heads, multiply);
               Buffer<Number> left(area * steps);
               Buffer<float> room(area * 4 * width);
               std::vector<int64_t> places(area);
               float *packed = room.data(), *mixed = packed + area * 3 * width;
               for (int64_t i = begin; i < end; ++i) {
                 const int64_t row = i / side % side, column = i % side, first = i / (side * side) * tokens;
                 for (int64_t t = 0; t < area; ++t) {
                   places[t] = windows.place(row, column, t);
                   if (places[t] >= 0)
                     TakeNormalised(from + (first + places[t]) * width, width, epsilon_, scale, offset, mixed,
                                    left.data() + t * steps);
                   else
                     std::fill_n(left.data() + t * steps, steps, Number{});
                 }
                 for (int64_t p = 0; p < qkv.count(); ++p) {
                   float* to = packed + p * kPanel;
                   qkv.Multiply(area, left.data(), p, {to, 3 * width});
                   for (int64_t t = 0; t < area; ++t)
                     Accumulate(qkv_bias + p * kPanel, qkv.width(p), to + t * 3 * width);
                 }
                 attention.Forward(packed, mixed, {bias.data() + windows.kind(row, column) * group, nullptr});
                 for (int64_t t = 0; t < area; ++t) Take(width, mixed + t * width, left.data() + t * steps);
                 for (int64_t p = 0; p < proj.count(); ++p)
                   proj.Multiply(area, left.data(), p, {mixed + p * kPanel, width});
                 for (int64_t t = 0; t < area; ++t) {
                   const int64_t at = (first + places[t]) * width;
                   if (places[t] >= 0) AddRow(mixed + t * width, width, proj_bias, from + at, y + at);
                 }
               }
             });
  }

  /** In place: each row is read before it is added to. */
  template <typename Number>
  void Mlp(OpKernelContext* c, float* y) const {
    const Panels<Number> fc1(c, WeightOf(c, kSwinFc1)), fc2(c, WeightOf(c, kSwinFc2));
    const int64_t width = fc1.depth(), hidden = fc2.depth(), rows = c->input(0).NumElements() / width;
    // As many rows at a time as leave the cache room for a panel.
    const int64_t block = std::min<int64_t>(96, std::max<int64_t>(12, 98304 / (fc1.steps() + fc2.steps()) / 12 * 12));
    const float *scale = FloatsOf(c, 2 + 2 * kSwinNorm2), *offset = BiasOf(c, kSwinNorm2),
                *wide_bias = BiasOf(c, kSwinFc1), *bias = BiasOf(c, kSwinFc2);
    Parallel(c, (rows + block - 1) / block, block * width * hidden / 8, [&](int64_t begin, int64_t end) {
      Buffer<Number> left(block * fc1.steps()), wide(block * fc2.steps());
      Buffer<float> room(std::max(width, block * kPanel));
      for (int64_t b = begin; b < end; ++b) {
        const int64_t many = std::min(block, rows - b * block);
        float* at = y + b * block * width;
        for (int64_t r = 0; r < many; ++r)
          TakeNormalised(at + r * width, width, epsilon_, scale, offset, room.data(), left.data() + r * fc1.steps());
        for (int64_t p = 0; p < fc1.count(); ++p) {
          const int64_t columns = fc1.width(p);
          fc1.Multiply(many, left.data(), p, {room.data(), kPanel});
          for (int64_t r = 0; r < many; ++r) {
            float* row = room.data() + r * kPanel;
            Accumulate(wide_bias + p * kPanel, columns, row);
            Gelu(row, columns, row);
            Take(columns, row, wide.data() + r * fc2.steps() + Steps<Number>(p * kPanel));
          }
        }
        for (int64_t p = 0; p < fc2.count(); ++p) {
          fc2.Multiply(many, wide.data(), p, {at + p * kPanel, width}, true);
          for (int64_t r = 0; r < many; ++r) Accumulate(bias + p * kPanel, fc2.width(p), at + r * width + p * kPanel);
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
