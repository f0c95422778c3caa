// Maximum over windows, all channels of a place at once. Its gradient goes to the first place of the window that holds
// the maximum, as PyTorch's does; TensorFlow's own gradient op takes many times as long on a CPU.
#include <limits>
#include <vector>

#include "ops/convolution/window.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
/** Calls visit(place in the image, of all channels) for each place of a window that lies within the image, row by row.
 */
template <typename Visit>
void Within(const Window& window, const Plane& image, int64_t row, int64_t column, const Visit& visit) {
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
    OP_REQUIRES_OK(c, HasRank(x, 4, "x"));
    const Plane in{x.dim_size(1), x.dim_size(2), x.dim_size(3)};
    OP_REQUIRES(c, window_.fits(in), absl::InvalidArgumentError("the image is smaller than the window"));
    const int64_t rows = window_.over(in.height), columns = window_.over(in.width), channels = in.channels;
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({x.dim_size(0), rows, columns, channels}), &y));
    const float* from = x.flat<float>().data();
    float* to = y->flat<float>().data();
    Parallel(c, x.dim_size(0) * rows, columns * channels * window_.size * window_.size / 4,
             [&](int64_t begin, int64_t end) {
               for (int64_t r = begin; r < end; ++r)
                 for (int64_t column = 0; column < columns; ++column) {
                   const float* image = from + r / rows * in.size();
                   float* most = to + (r * columns + column) * channels;
                   std::fill(most, most + channels, -std::numeric_limits<float>::infinity());
                   Within(window_, in, r % rows, column, [&](int64_t place) {
#pragma omp simd
                     for (int64_t k = 0; k < channels; ++k)
                       most[k] = most[k] >= image[place + k] || most[k] != most[k] ? most[k] : image[place + k];
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
    const Tensor& x = c->input(1);
    OP_REQUIRES_OK(c, HasRank(x, 4, "x"));
    const Plane in{x.dim_size(1), x.dim_size(2), x.dim_size(3)};
    OP_REQUIRES(c, window_.gives(x, c->input(0)) && x.dim_size(3) == c->input(0).dim_size(3),
                absl::InvalidArgumentError("dy is not of the size that the window makes of x"));
    OP_REQUIRES_OK(c, IsAlike(c->input(2), c->input(0), "y"));
    const int64_t places = window_.over(in.height) * window_.over(in.width), columns = window_.over(in.width),
                  channels = in.channels;
    Tensor* dx;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    const float *slope = c->input(0).flat<float>().data(), *from = x.flat<float>().data(),
                *most = c->input(2).flat<float>().data();
    float* to = dx->flat<float>().data();
    Parallel(c, x.dim_size(0), places * channels * window_.size * window_.size / 2, [&](int64_t begin, int64_t end) {
      Buffer<float> left(channels);
      for (int64_t e = begin; e < end; ++e) {
        const float* image = from + e * in.size();
        float* out = to + e * in.size();
        std::fill(out, out + in.size(), 0.0f);
        for (int64_t place = 0; place < places; ++place) {
          const int64_t at = (e * places + place) * channels;
          // What no place of the window has taken yet.
          std::copy(slope + at, slope + at + channels, left.begin());
          float* remaining = left.data();
          Within(window_, in, place / columns, place % columns, [&](int64_t here) {
#pragma omp simd
            for (int64_t k = 0; k < channels; ++k) {
              const float taken = image[here + k] < most[at + k] ? 0.0f : remaining[k];
              out[here + k] += taken;
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
