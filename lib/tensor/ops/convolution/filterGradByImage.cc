// The gradient of a convolution's filter in mixed precision: dw[i, j, c, n] = Σ x[b, s·v + i − p, s·u + j − p, c] ·
// dy[b, v, u, n]. Images and slopes stand in frames of the same width, zeros between the rows of slopes, so that a
// place of the filter meets all of a frame at once, some positions further: one long product each, of pairs of
// positions that follow one another.
#include "ops/convolution/window.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
/** Numbers of a frame: a quarter of a small second-level cache. */
constexpr int64_t kFrame = 1 << 15;

/** Every `step`-th pixel of an image from (top, left) on, [rows, columns, channels], zeros where that is outside. */
void FillFrame(const float* image, const Plane& plane, int64_t top, int64_t left, int64_t step, int64_t rows,
               int64_t columns, float* to) {
  const int64_t begin = std::min(columns, left < 0 ? (step - 1 - left) / step : 0),
                end = std::clamp((plane.width - left + step - 1) / step, begin, columns);
  for (int64_t v = 0; v < rows; ++v) {
    const int64_t y = top + v * step;
    float* const next = to + columns * plane.channels;
    if (y >= 0 && y < plane.height) {
      const float* from = image + (y * plane.width + left + begin * step) * plane.channels;
      to = std::fill_n(to, begin * plane.channels, 0.0f);
      if (step == 1)
        to = std::copy_n(from, (end - begin) * plane.channels, to);
      else
        for (int64_t u = begin; u < end; ++u, from += step * plane.channels) to = std::copy_n(from, plane.channels, to);
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
    OP_REQUIRES(c, window_.gives(x, dy),
                absl::InvalidArgumentError("dy is not of the size that the window makes of x"));
    const Plane in{x.dim_size(1), x.dim_size(2), x.dim_size(3)}, out{dy.dim_size(1), dy.dim_size(2), dy.dim_size(3)};
    OP_REQUIRES(c, in.channels > 0 && in.channels % 8 == 0,
                absl::InvalidArgumentError("the image's channels must be a multiple of 8"));
    Tensor* dw;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({window_.size, window_.size, in.channels, out.channels}), &dw));
    const float *px = x.flat<float>().data(), *pdy = dy.flat<float>().data();
    const int64_t images = x.dim_size(0), size = window_.size, stride = window_.stride, taps = size * size,
                  tap = out.channels * in.channels;
    // Rows of dy at a time, or whole images. Of a stride, each remainder has a frame of its own.
    const int64_t reach = (size - 1) / stride, phases = std::min(size, stride),
                  columns = (in.width + 2 * window_.padding + stride - 1) / stride;
    const int64_t row = columns * std::max(in.channels, out.channels),
                  most = std::clamp<int64_t>(kFrame / row - reach, 1, out.height);
    const int64_t bands = (out.height + most - 1) / most, tall = most + reach,
                  group = std::clamp<int64_t>(bands > 1 ? 1 : kFrame / (tall * row), 1, std::max<int64_t>(1, images));
    const int64_t positions = group * tall * columns, pairs = (positions + 1) / 2;
    Buffer<float> sums(taps * tap);
    BlockedSum(
        c, (images + group - 1) / group * bands, taps * tap, 2 * positions * taps * tap / 128, sums.data(),
        [&](int64_t begin, int64_t end, float* partial) {
          Buffer<float> frame(positions * std::max(in.channels, out.channels));
          Buffer<Pair> image(2 * phases * phases * pairs * in.channels), rounded(pairs * out.channels), turned;
          for (int64_t g = begin; g < end; ++g) {
            const int64_t b = g / bands * group, many = std::min(group, images - b), first = g % bands * most,
                          rows = std::min(most, out.height - first);
            const int64_t length = many * tall * columns;
            for (int64_t i = 0; i < many; ++i)
              FillFrame(pdy + (b + i) * out.size() + first * out.width * out.channels, {rows, out.width, out.channels},
                        0, 0, 1, tall, columns, frame.data() + i * tall * columns * out.channels);
            PairDown(length, out.channels, {frame.data(), out.channels}, rounded.data());
            const Left<Pair> slopes = LeftOf(out.channels, (length + 1) / 2, rounded.data(), turned);
            for (int64_t phase = 0; phase < phases * phases; ++phase) {
              Pair* even = image.data() + 2 * phase * pairs * in.channels;
              for (int64_t i = 0; i < many; ++i)
                FillFrame(px + (b + i) * in.size(), in, first * stride + phase / phases - window_.padding,
                          phase % phases - window_.padding, stride, tall, columns,
                          frame.data() + i * tall * columns * in.channels);
              PairPanels(length, in.channels, {frame.data(), in.channels}, even);
              PairPanels(length - 1, in.channels, {frame.data() + in.channels, in.channels},
                         even + pairs * in.channels);
            }
            // Beyond the last slope there are zeros alone.
            const int64_t depth = (length - reach * columns - columns + out.width + 1) / 2;
            for (int64_t t = 0; t < taps; ++t) {
              const int64_t i = t / size, j = t % size, shift = i / stride * columns + j / stride;
              const Pair* right =
                  image.data() + (2 * (i % stride * phases + j % stride) + shift % 2) * pairs * in.channels;
              const int64_t rest = (length - shift % 2 + 1) / 2;
              for (int64_t n = 0; n < in.channels; n += kPanel) {
                const int64_t width = std::min(kPanel, in.channels - n);
                Product<Pair>(out.channels, width, depth, slopes, {right + n * rest + shift / 2 * width, width},
                              {partial + t * tap + n, in.channels}, true);
              }
            }
          }
        },
        Threads(c), 1);
    float* to = dw->flat<float>().data();
    Parallel(c, taps, 4 * tap, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t)
        Transpose(out.channels, in.channels, {sums.data() + t * tap, in.channels}, {to + t * tap, out.channels});
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaConvolutionFilterGradByImage").Device(DEVICE_CPU), ConvolutionFilterGradByImage);

}  // namespace ofa
