// The same gradient (filterGradByImage.cc) for many channels over few pixels: at each place of the
// filter, what of x meets dy there, [channels, positions], times dy [positions, out]; two positions that follow one
// another, over rows and images, are a pair. One thread sums a place and a block of channels.
#include "ops/convolution/window.h"
#include "simd/panels.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
/** Pairs of positions at a time, as many as stay in the cache with a panel of dy. */
constexpr int64_t kPairs = 128;

/** Goes through the positions of dy [batch, height, width] and gives what of x [batch, from height, from width,
 * channels] meets each at one place of the filter. */
class Meeting {
 public:
  struct Side {
    int64_t from, to, offset;
  };

  Meeting(const float* x, int64_t channels, int64_t stride, const Side& rows, const Side& columns, const float* outside)
      : x_(x), outside_(outside), channels_(channels), stride_(stride), rows_(rows), columns_(columns) {}

  const float* Next() {
    const int64_t y = row_ * stride_ + rows_.offset, u = column_ * stride_ + columns_.offset;
    const float* met =
        y >= 0 && y < rows_.from && u >= 0 && u < columns_.from ? x_ + (y * columns_.from + u) * channels_ : outside_;
    if (++column_ == columns_.to) {
      column_ = 0;
      if (++row_ == rows_.to) row_ = 0, x_ += rows_.from * columns_.from * channels_;
    }
    return met;
  }

 private:
  const float *x_, *outside_;
  int64_t channels_, stride_, row_ = 0, column_ = 0;
  Side rows_, columns_;
};
}  // namespace

REGISTER_OP("OfaConvolutionFilterGradByTap")
    .Input("x: float")
    .Input("dy: float")
    .Output("dw: float")
    .Attr("size: int")
    .Attr("stride: int")
    .Attr("padding: int")
    .SetShapeFn(shape_inference::UnknownShape);

class ConvolutionFilterGradByTap : public WindowKernel {
 public:
  using WindowKernel::WindowKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &dy = c->input(1);
    OP_REQUIRES(c, window_.gives(x, dy),
                absl::InvalidArgumentError("dy is not of the size that the window makes of x"));
    const int64_t channels = x.dim_size(3), out = dy.dim_size(3), positions = dy.NumElements() / out;
    OP_REQUIRES(c, out % 8 == 0, absl::InvalidArgumentError("the channels of dy must be a multiple of 8"));
    Tensor *dw, slopes;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({window_.size, window_.size, channels, out}), &dw));
    OP_REQUIRES(c, slopes.CopyFrom(dy, TensorShape({positions, out})), absl::InternalError("dy has no rows"));
    const Panels<Pair> right(c, slopes);
    const float* from = x.flat<float>().data();
    float* to = dw->flat<float>().data();
    if (positions == 0) return void(std::fill_n(to, dw->NumElements(), 0.0f));
    // Few channels at a time where there would be too little to share.
    const int64_t share = channels * window_.size * window_.size / (2 * Threads(c)) / 8 * 8,
                  block = std::min(channels, std::clamp<int64_t>(share, 16, 64)),
                  blocks = (channels + block - 1) / block;
    Parallel(c, window_.size * window_.size * blocks, positions * block * out / 32, [&](int64_t begin, int64_t end) {
      Buffer<Pair> met(kPairs * block), turned;
      const Buffer<float> zeros(block);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t place = i / blocks, first = i % blocks * block, many = std::min(block, channels - first);
        Meeting meeting(from + first, channels, window_.stride,
                        {x.dim_size(1), dy.dim_size(1), place / window_.size - window_.padding},
                        {x.dim_size(2), dy.dim_size(2), place % window_.size - window_.padding}, zeros.data());
        float* sums = to + (place * channels + first) * out;
        for (int64_t step = 0; step < right.steps(); step += kPairs) {
          const int64_t pairs = std::min(kPairs, right.steps() - step);
          for (int64_t k = 0; k < pairs; ++k) {
            const float* earlier = meeting.Next();
            PairRows(many, earlier, 2 * (step + k) + 1 < positions ? meeting.Next() : zeros.data(),
                     met.data() + k * many);
          }
          const Left<Pair> left = LeftOf(many, pairs, met.data(), turned);
          for (int64_t p = 0; p < right.count(); ++p) {
            const auto panel = right[p];
            Product<Pair>(many, right.width(p), pairs, left, {panel.data + step * panel.stride, panel.stride},
                          {sums + p * kPanel, out}, step > 0);
          }
        }
      }
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaConvolutionFilterGradByTap").Device(DEVICE_CPU), ConvolutionFilterGradByTap);

}  // namespace ofa
