// The maximum of each window, all channels of a pixel together. The gradient goes to the first pixel of the window that
// holds the maximum, as in PyTorch. TensorFlow's gradient op takes many times as long on a CPU.
#include <algorithm>
#include <limits>

#include "ops/convolution/window.h"
#include "simd/checks.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
/** Calls visit(offset of the pixel) for each pixel of a window that lies within the image, row by row. */
template <typename Visit>
void ForEachPixel(const Window& window, const ImageSize& image, int64_t row, int64_t column, const Visit& visit) {
  const int64_t top = row * window.stride - window.padding, left = column * window.stride - window.padding;
  for (int64_t i = std::max<int64_t>(top, 0); i < std::min(top + window.size, image.height); ++i)
    for (int64_t j = std::max<int64_t>(left, 0); j < std::min(left + window.size, image.width); ++j)
      visit((i * image.width + j) * image.channels);
}
}  // namespace

REGISTER_OP("OfaMaxPool")
    .Input("x: float")
    .Output("y: float")
    .Attr("size: int")
    .Attr("stride: int")
    .Attr("padding: int")
    .SetShapeFn(shape_inference::UnknownShape);

class MaxPool : public WindowKernel {
 public:
  using WindowKernel::WindowKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    OP_REQUIRES_OK(c, CheckRank(x, 4, "x"));
    const ImageSize in = ImageSizeOf(x);
    OP_REQUIRES(c, window_.fits(in), absl::InvalidArgumentError("the image is smaller than the window"));
    const int64_t rows = window_.positions(in.height), columns = window_.positions(in.width), channels = in.channels;
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({x.dim_size(0), rows, columns, channels}), &y));
    const float* x_data = x.flat<float>().data();
    float* y_data = y->flat<float>().data();
    const int64_t cost = columns * channels * window_.size * window_.size / 4;
    Parallel(c, x.dim_size(0) * rows, cost, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r)
        for (int64_t column = 0; column < columns; ++column) {
          const float* image = x_data + r / rows * in.numbers();
          float* max = y_data + (r * columns + column) * channels;
          std::fill(max, max + channels, -std::numeric_limits<float>::infinity());
          ForEachPixel(window_, in, r % rows, column, [&](int64_t pixel) {
#pragma omp simd
            for (int64_t k = 0; k < channels; ++k)
              max[k] = max[k] >= image[pixel + k] || max[k] != max[k] ? max[k] : image[pixel + k];
          });
        }
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaMaxPool").Device(DEVICE_CPU), MaxPool);

REGISTER_OP("OfaMaxPoolGrad")
    .Input("dy: float")
    .Input("x: float")
    .Input("y: float")
    .Output("dx: float")
    .Attr("size: int")
    .Attr("stride: int")
    .Attr("padding: int")
    .SetShapeFn(shape_inference::UnknownShape);

class MaxPoolGrad : public WindowKernel {
 public:
  using WindowKernel::WindowKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &dy = c->input(0), &x = c->input(1), &y = c->input(2);
    OP_REQUIRES_OK(c, CheckRank(x, 4, "x"));
    OP_REQUIRES_OK(c, CheckMatches(window_, x, dy));
    OP_REQUIRES(c, x.dim_size(3) == dy.dim_size(3), absl::InvalidArgumentError("dy must have as many channels as x"));
    OP_REQUIRES_OK(c, CheckSameShape(y, dy, "y"));
    const ImageSize in = ImageSizeOf(x);
    const int64_t columns = window_.positions(in.width), positions = window_.positions(in.height) * columns;
    const int64_t channels = in.channels;
    Tensor* dx;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    const float *dy_data = dy.flat<float>().data(), *x_data = x.flat<float>().data(), *max = y.flat<float>().data();
    float* dx_data = dx->flat<float>().data();
    const int64_t cost = positions * channels * window_.size * window_.size / 2;
    Parallel(c, x.dim_size(0), cost, [&](int64_t begin, int64_t end) {
      // The gradient of each channel until a pixel of the window has received it, then 0.
      Buffer<float> remaining_grads(channels);
      float* remaining = remaining_grads.data();
      for (int64_t e = begin; e < end; ++e) {
        const float* image = x_data + e * in.numbers();
        float* out = dx_data + e * in.numbers();
        std::fill(out, out + in.numbers(), 0.0f);
        for (int64_t position = 0; position < positions; ++position) {
          const int64_t at = (e * positions + position) * channels;
          std::copy(dy_data + at, dy_data + at + channels, remaining);
          ForEachPixel(window_, in, position / columns, position % columns, [&](int64_t pixel) {
#pragma omp simd
            for (int64_t k = 0; k < channels; ++k) {
              const float taken = image[pixel + k] < max[at + k] ? 0.0f : remaining[k];
              out[pixel + k] += taken;
              remaining[k] -= taken;
            }
          });
        }
      }
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaMaxPoolGrad").Device(DEVICE_CPU), MaxPoolGrad);

}  // namespace ofa
