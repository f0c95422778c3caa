// The gradient of a convolution's filter in mixed precision, for many channels and few pixels. For each tap of the
// filter, the pixels of x under it, [channels, positions], are multiplied by dy [positions, out]; two consecutive
// positions, across rows and images, form a pair. One thread computes a tap and a block of channels.
#include "ops/convolution/window.h"
#include "simd/panels.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
/** Pairs of positions at a time: as many as stay in the cache with a panel of dy. */
constexpr int64_t kPairsPerStep = 128;

/** One side of the image and the positions of a tap along it: position p is over the pixel p · stride + offset. */
struct TapAxis {
  int64_t length, positions, offset;
};

/** Iterates over all positions of one tap, across rows and images, and returns the pixel of x under it. */
class TapPixels {
 public:
  /** `padding` is the pixel outside the image. */
  TapPixels(const Matrix<const float>& x, int64_t stride, const TapAxis& rows, const TapAxis& columns,
            const float* padding)
      : x_(x.data), padding_(padding), channels_(x.stride), stride_(stride), rows_(rows), columns_(columns) {}

  const float* Next() {
    const int64_t y = row_ * stride_ + rows_.offset, u = column_ * stride_ + columns_.offset;
    const bool is_inside = y >= 0 && y < rows_.length && u >= 0 && u < columns_.length;
    const float* pixel = is_inside ? x_ + (y * columns_.length + u) * channels_ : padding_;
    if (++column_ == columns_.positions) {
      column_ = 0;
      if (++row_ == rows_.positions) row_ = 0, x_ += rows_.length * columns_.length * channels_;
    }
    return pixel;
  }

 private:
  const float *x_, *padding_;
  int64_t channels_, stride_, row_ = 0, column_ = 0;
  TapAxis rows_, columns_;
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
    OP_REQUIRES_OK(c, CheckMatches(window_, x, dy));
    const int64_t size = window_.size, channels = x.dim_size(3), out = dy.dim_size(3);
    OP_REQUIRES(c, out % 8 == 0, absl::InvalidArgumentError("the channels of dy must be a multiple of 8"));
    const int64_t positions = dy.NumElements() / out;
    Tensor *dw, dy_rows;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({size, size, channels, out}), &dw));
    OP_REQUIRES(c, dy_rows.CopyFrom(dy, TensorShape({positions, out})), absl::InternalError("dy cannot be reshaped"));
    const RightPanels<Bf16Pair> right(c, dy_rows);
    const float* x_data = x.flat<float>().data();
    float* dw_data = dw->flat<float>().data();
    if (positions == 0) return void(std::fill_n(dw_data, dw->NumElements(), 0.0f));
    // A block has few channels if there would be fewer blocks than threads.
    const int64_t channels_per_thread = channels * size * size / (2 * ThreadCount(c)) / 8 * 8;
    const int64_t block = std::min(channels, std::clamp<int64_t>(channels_per_thread, 16, 64));
    const int64_t blocks = (channels + block - 1) / block;
    Parallel(c, size * size * blocks, positions * block * out / 32, [&](int64_t begin, int64_t end) {
      Buffer<Bf16Pair> pixels(kPairsPerStep * block), buffer;
      const Buffer<float> zeros(block);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t tap = i / blocks, first = i % blocks * block, count = std::min(block, channels - first);
        TapPixels tap_pixels({x_data + first, channels}, window_.stride,
                             {x.dim_size(1), dy.dim_size(1), tap / size - window_.padding},
                             {x.dim_size(2), dy.dim_size(2), tap % size - window_.padding}, zeros.data());
        float* sums = dw_data + (tap * channels + first) * out;
        for (int64_t step = 0; step < right.packed_depth(); step += kPairsPerStep) {
          const int64_t pairs = std::min(kPairsPerStep, right.packed_depth() - step);
          for (int64_t k = 0; k < pairs; ++k) {
            const float* earlier = tap_pixels.Next();
            const float* later = 2 * (step + k) + 1 < positions ? tap_pixels.Next() : zeros.data();
            PackTwoRows(count, earlier, later, pixels.data() + k * count);
          }
          const StridedMatrix<Bf16Pair> left = LeftFactorFrom(count, pairs, pixels.data(), buffer);
          for (int64_t p = 0; p < right.count(); ++p) {
            const Matrix<const Bf16Pair> panel = right[p];
            Multiply<Bf16Pair>({count, right.width(p), pairs}, left, {panel.data + step * panel.stride, panel.stride},
                               {sums + p * kPanelColumns, out}, step > 0 ? Store::kAdd : Store::kSet);
          }
        }
      }
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaConvolutionFilterGradByTap").Device(DEVICE_CPU), ConvolutionFilterGradByTap);

}  // namespace ofa
