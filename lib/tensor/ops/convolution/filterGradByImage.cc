// The gradient of a convolution's filter in mixed precision, for few channels and many pixels:
// dw[i, j, c, n] = Σ x[b, s·v + i − p, s·u + j − p, c] · dy[b, v, u, n]. Images and gradients are copied into frames of
// the same width, with zeros between the rows of dy. A tap of the filter then is one long product of both frames, one
// of them shifted by a number of positions; two consecutive positions form a pair.
#include "ops/convolution/window.h"
#include "simd/multiplier.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
/** Count of numbers in a frame: a quarter of a small second-level cache. */
constexpr int64_t kMaxFrameSize = 1 << 15;

/** Which pixels of an image a frame [rows, columns, channels] holds: every `step`-th from (top, left) on. */
struct Frame {
  int64_t top, left, step, rows, columns;
};

/** Copies an image into a frame; pixels outside the image are zeros. */
void FillFrame(const float* image, const ImageSize& size, const Frame& frame, float* to) {
  const auto [top, left, step, rows, columns] = frame;
  const int64_t channels = size.channels;
  const int64_t begin = std::min(columns, left < 0 ? (step - 1 - left) / step : 0),
                end = std::clamp((size.width - left + step - 1) / step, begin, columns);
  for (int64_t v = 0; v < rows; ++v) {
    const int64_t y = top + v * step;
    float* const next = to + columns * channels;
    if (y >= 0 && y < size.height) {
      const float* from = image + (y * size.width + left + begin * step) * channels;
      to = std::fill_n(to, begin * channels, 0.0f);
      if (step == 1)
        to = std::copy_n(from, (end - begin) * channels, to);
      else
        for (int64_t u = begin; u < end; ++u, from += step * channels) to = std::copy_n(from, channels, to);
    }
    std::fill(to, next, 0.0f);
    to = next;
  }
}
}  // namespace

REGISTER_OP("OfaConvolutionFilterGradByImage")
    .Input("x: float")
    .Input("dy: float")
    .Output("dw: float")
    .Attr("size: int")
    .Attr("stride: int")
    .Attr("padding: int")
    .SetShapeFn(shape_inference::UnknownShape);

class ConvolutionFilterGradByImage : public WindowKernel {
 public:
  using WindowKernel::WindowKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &dy = c->input(1);
    OP_REQUIRES_OK(c, CheckMatches(window_, x, dy));
    const ImageSize in = ImageSizeOf(x), out = ImageSizeOf(dy);
    OP_REQUIRES(c, in.channels > 0 && in.channels % 8 == 0,
                absl::InvalidArgumentError("the channels of x must be a multiple of 8"));
    Tensor* dw;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({window_.size, window_.size, in.channels, out.channels}), &dw));
    const float *x_data = x.flat<float>().data(), *dy_data = dy.flat<float>().data();
    const int64_t images = x.dim_size(0), size = window_.size, stride = window_.stride, taps = size * size;
    const int64_t tap_size = out.channels * in.channels;
    // With a stride, each remainder of an offset by the stride (a phase) has a frame of its own.
    const int64_t reach = (size - 1) / stride, phases = std::min(size, stride);
    const int64_t columns = (in.width + 2 * window_.padding + stride - 1) / stride;
    // Rows of dy in a frame, or several whole images.
    const int64_t row_size = columns * std::max(in.channels, out.channels);
    const int64_t band_rows = std::clamp<int64_t>(kMaxFrameSize / row_size - reach, 1, out.height);
    const int64_t bands = (out.height + band_rows - 1) / band_rows, frame_rows = band_rows + reach;
    const int64_t group =
        std::clamp<int64_t>(bands > 1 ? 1 : kMaxFrameSize / (frame_rows * row_size), 1, std::max<int64_t>(1, images));
    const int64_t max_positions = group * frame_rows * columns, max_pairs = (max_positions + 1) / 2;
    Buffer<float> sums(taps * tap_size);
    const auto add_bands = [&](int64_t begin, int64_t end, float* partial) {
      Buffer<float> frame(max_positions * std::max(in.channels, out.channels));
      // For each phase, pairs that begin at even positions, then pairs that begin at odd ones.
      Buffer<Bf16Pair> image_pairs(2 * phases * phases * max_pairs * in.channels);
      Buffer<Bf16Pair> grad_pairs(max_pairs * out.channels), buffer;
      for (int64_t g = begin; g < end; ++g) {
        const int64_t b = g / bands * group, count = std::min(group, images - b);
        const int64_t first = g % bands * band_rows, rows = std::min(band_rows, out.height - first);
        const int64_t positions = count * frame_rows * columns;
        for (int64_t i = 0; i < count; ++i) {
          const float* grads = dy_data + (b + i) * out.numbers() + first * out.width * out.channels;
          FillFrame(grads, {rows, out.width, out.channels}, {0, 0, 1, frame_rows, columns},
                    frame.data() + i * frame_rows * columns * out.channels);
        }
        PackRowPairs(positions, out.channels, {frame.data(), out.channels}, grad_pairs.data());
        const StridedMatrix<Bf16Pair> left =
            LeftFactorFrom(out.channels, (positions + 1) / 2, grad_pairs.data(), buffer);
        for (int64_t phase = 0; phase < phases * phases; ++phase) {
          Bf16Pair* even = image_pairs.data() + 2 * phase * max_pairs * in.channels;
          const Frame view{first * stride + phase / phases - window_.padding, phase % phases - window_.padding, stride,
                           frame_rows, columns};
          for (int64_t i = 0; i < count; ++i)
            FillFrame(x_data + (b + i) * in.numbers(), in, view, frame.data() + i * frame_rows * columns * in.channels);
          PackRowPairsInPanels(positions, in.channels, {frame.data(), in.channels}, even);
          PackRowPairsInPanels(positions - 1, in.channels, {frame.data() + in.channels, in.channels},
                               even + max_pairs * in.channels);
        }
        // After the last gradient there are only zeros.
        const int64_t depth = (positions - reach * columns - columns + out.width + 1) / 2;
        for (int64_t t = 0; t < taps; ++t) {
          const int64_t i = t / size, j = t % size, shift = i / stride * columns + j / stride;
          const int64_t phase = i % stride * phases + j % stride;
          const Bf16Pair* right = image_pairs.data() + (2 * phase + shift % 2) * max_pairs * in.channels;
          const int64_t panel_pairs = (positions - shift % 2 + 1) / 2;
          for (int64_t n = 0; n < in.channels; n += kPanelColumns) {
            const int64_t width = std::min(kPanelColumns, in.channels - n);
            Multiply<Bf16Pair>({out.channels, width, depth}, left, {right + n * panel_pairs + shift / 2 * width, width},
                               {partial + t * tap_size + n, in.channels}, Store::kAdd);
          }
        }
      }
    };
    const BlockedSumOptions options{(images + group - 1) / group * bands, taps * tap_size,
                                    2 * max_positions * taps * tap_size / 128, ThreadCount(c), 1};
    BlockedSum(c, options, sums.data(), add_bands);
    float* dw_data = dw->flat<float>().data();
    Parallel(c, taps, 4 * tap_size, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t)
        Transpose(out.channels, in.channels, {sums.data() + t * tap_size, in.channels},
                  {dw_data + t * tap_size, out.channels});
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaConvolutionFilterGradByImage").Device(DEVICE_CPU), ConvolutionFilterGradByImage);

}  // namespace ofa
