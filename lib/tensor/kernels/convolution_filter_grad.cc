// Gradient of a convolution's filter for images of few channels, where TensorFlow's own op reaches a third of the machine:
// dw[i, j, c, k] = Σ x[b, s·y + i − p, s·u + j − p, c] · dy[b, y, u, k], a tile of 4 × 16 (or 8) sums held in registers over a whole image.
#include <type_traits>

#include "convolution.h"
#include "parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
typedef float Vector __attribute__((vector_size(32), aligned(4)));
constexpr int64_t kIn = 4, kLanes = 8;
}  // namespace

REGISTER_OP("OfaConvolutionFilterGrad")
    .Input("x: float").Input("dy: float").Output("dw: float")
    .Attr("size: int").Attr("stride: int").Attr("padding: int")
    .SetShapeFn(shape_inference::UnknownShape);

class ConvolutionFilterGrad : public WindowKernel {
 public:
  using WindowKernel::WindowKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &dy = c->input(1);
    OP_REQUIRES(c, window_.gives(x, dy), absl::InvalidArgumentError("dy is not of the size that the window makes of x"));
    const Plane in{x.dim_size(1), x.dim_size(2), x.dim_size(3)}, out{dy.dim_size(1), dy.dim_size(2), dy.dim_size(3)};
    OP_REQUIRES(c, in.channels % kIn == 0 && out.channels % kLanes == 0, absl::InvalidArgumentError("channels must be multiples of 4 and 8"));
    Tensor* dw;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({window_.size, window_.size, in.channels, out.channels}), &dw));
    const float *px = x.flat<float>().data(), *pdy = dy.flat<float>().data();
    BlockedSum(c, x.dim_size(0), dw->NumElements(), 2 * out.height * out.width * dw->NumElements(), dw->flat<float>().data(),
               [=](int64_t begin, int64_t end, float* partial) {
                 for (int64_t b = begin; b < end; ++b) Image(px + b * in.height * in.width * in.channels, in, pdy + b * out.height * out.width * out.channels, out, partial);
               });
  }

 private:
  void Image(const float* x, const Plane& in, const float* dy, const Plane& out, float* dw) const {
    const int64_t size = window_.size, stride = window_.stride, padding = window_.padding;
    for (int64_t i = 0; i < size; ++i)
      for (int64_t j = 0; j < size; ++j) {
        // Rows and columns of dy that meet x inside the image.
        const int64_t top = First(i), bottom = Last(i, in.height, out.height), left = First(j), right = Last(j, in.width, out.width);
        float* tile = dw + (i * size + j) * in.channels * out.channels;
        for (int64_t c = 0; c < in.channels; c += kIn) {
          int64_t k = 0;
          const auto add = [&](auto vectors) {
            constexpr int kVectors = decltype(vectors)::value;
            for (; k + kVectors * kLanes <= out.channels; k += kVectors * kLanes) {
              Vector sums[kIn][kVectors] = {};
              for (int64_t y = top; y < bottom; ++y) {
                const float* from = x + ((y * stride + i - padding) * in.width + left * stride + j - padding) * in.channels + c;
                const float* slope = dy + (y * out.width + left) * out.channels + k;
                for (int64_t u = left; u < right; ++u, from += stride * in.channels, slope += out.channels)
                  for (int v = 0; v < kVectors; ++v) {
                    const Vector d = *reinterpret_cast<const Vector*>(slope + v * kLanes);
                    for (int64_t n = 0; n < kIn; ++n) sums[n][v] += from[n] * d;
                  }
              }
              for (int64_t n = 0; n < kIn; ++n)
                for (int v = 0; v < kVectors; ++v) *reinterpret_cast<Vector*>(tile + (c + n) * out.channels + k + v * kLanes) += sums[n][v];
            }
          };
          add(std::integral_constant<int, 2>());
          add(std::integral_constant<int, 1>());
        }
      }
  }

  int64_t First(int64_t offset) const { return offset >= window_.padding ? 0 : (window_.padding - offset + window_.stride - 1) / window_.stride; }
  int64_t Last(int64_t offset, int64_t from, int64_t to) const {
    const int64_t last = from - 1 + window_.padding - offset;
    // A quotient of less than nothing would be rounded up to 0.
    return last < 0 ? 0 : std::min(to, last / window_.stride + 1);
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaConvolutionFilterGrad").Device(DEVICE_CPU), ConvolutionFilterGrad);

}  // namespace ofa
