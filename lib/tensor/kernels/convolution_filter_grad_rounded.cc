// The gradient of a convolution's filter in mixed precision: dw[i, j, c, n] = Σ x[b, s·v + i − p, s·u + j − p, c] · dy[b, v, u, n], where pairs
// are neighbouring pixels of a row, the last with a zero where their number is odd. Of small images several make one sum, long enough to
// be worth its place in the registers.
#include "convolution.h"
#include "gather_tile.h"
#include "parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
/** Rounded images as one column of the filter meets them: [padded height, half of out.width, channels] pairs of the pixels it lies on in turn. */
void RoundColumn(const float* image, const Plane& in, const Window& window, int64_t column, int64_t half, int64_t outWidth, Pair* to) {
  const auto pixel = [&](int64_t y, int64_t u) -> const float* {
    const int64_t x = u * window.stride + column - window.padding;
    return u < outWidth && y >= 0 && y < in.height && x >= 0 && x < in.width ? image + (y * in.width + x) * in.channels : nullptr;
  };
  for (int64_t y = -window.padding; y < in.height + window.padding; ++y)
    for (int64_t t = 0; t < half; ++t, to += in.channels) {
      const float *first = pixel(y, 2 * t), *second = pixel(y, 2 * t + 1);
      if (first != nullptr && second != nullptr) {
        PairRows(in.channels, first, second, to);
      } else {
        for (int64_t i = 0; i < in.channels; ++i) to[i].bits = (first == nullptr ? 0 : Rounded(first[i])) | (second == nullptr ? 0 : Rounded(second[i]) << 16);
      }
    }
}
}  // namespace

REGISTER_OP("OfaConvolutionFilterGradRounded")
    .Input("x: float").Input("dy: float").Output("dw: float")
    .Attr("size: int").Attr("stride: int").Attr("padding: int")
    .SetShapeFn(shape_inference::UnknownShape);

class ConvolutionFilterGradRounded : public WindowKernel {
 public:
  using WindowKernel::WindowKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &dy = c->input(1);
    OP_REQUIRES(c, window_.gives(x, dy), absl::InvalidArgumentError("dy is not of the size that the window makes of x"));
    const Plane in{x.dim_size(1), x.dim_size(2), x.dim_size(3)}, out{dy.dim_size(1), dy.dim_size(2), dy.dim_size(3)};
    OP_REQUIRES(c, out.channels % kWide == 0, absl::InvalidArgumentError("filters must be a whole number of vectors"));
    Tensor* dw;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({window_.size, window_.size, in.channels, out.channels}), &dw));
    const float *px = x.flat<float>().data(), *pdy = dy.flat<float>().data();
    const int64_t half = (out.width + 1) / 2, line = half * in.channels, tall = in.height + 2 * window_.padding;
    const int64_t images = x.dim_size(0), group = std::max<int64_t>(1, std::min<int64_t>(images, 128 / (out.height * half)));
    BlockedSum(c, (images + group - 1) / group, dw->NumElements(), 2 * group * out.height * half * dw->NumElements() / kWide, dw->flat<float>().data(), [&](int64_t begin, int64_t end, float* partial) {
      Buffer<Pair> column(group * tall * line), slope(group * out.height * half * out.channels);
      std::vector<int64_t> offsets(group * out.height);
      std::vector<const Pair*> left(in.channels);
      for (int64_t b = 0; b < group; ++b)
        for (int64_t v = 0; v < out.height; ++v) offsets[b * out.height + v] = (b * tall + v * window_.stride) * line;
      for (int64_t g = begin; g < end; ++g) {
        const int64_t first = g * group, many = std::min(group, images - first);
        for (int64_t r = 0; r < many * out.height; ++r)
          PairDown(out.width, out.channels, {pdy + (first * out.height + r) * out.width * out.channels, out.channels}, slope.data() + r * half * out.channels);
        for (int64_t j = 0; j < window_.size; ++j) {
          for (int64_t b = 0; b < many; ++b) RoundColumn(px + (first + b) * in.size(), in, window_, j, half, out.width, column.data() + b * tall * line);
          for (int64_t i = 0; i < window_.size; ++i) {
            for (int64_t k = 0; k < in.channels; ++k) left[k] = column.data() + i * line + k;
            float* tap = partial + (i * window_.size + j) * in.channels * out.channels;
            for (int64_t n = 0; n < out.channels; n += kMostVectors * kWide)
              GatherProduct(in.channels, std::min<int64_t>(kMostVectors, (out.channels - n) / kWide), {offsets.data(), many * out.height, half, in.channels}, left.data(), slope.data() + n, out.channels, tap + n, out.channels, true);
          }
        }
      }
    }, Threads(c), 1);
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaConvolutionFilterGradRounded").Device(DEVICE_CPU), ConvolutionFilterGradRounded);

}  // namespace ofa
