// Maximum over windows, all channels of a place at once. Its gradient goes to the first place of the window that holds the maximum,
// as PyTorch's does; TensorFlow's own gradient op takes many times as long on a CPU.
#include <limits>
#include <vector>

#include "parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
struct Pooling {
  int64_t height, width, channels, size, stride, padding;
  int64_t rows() const { return (height + 2 * padding - size) / stride + 1; }
  int64_t columns() const { return (width + 2 * padding - size) / stride + 1; }

  /** Calls visit(place in the image, of all channels) for each place of a window that lies within the image, row by row. */
  template <typename Visit>
  void Window(int64_t row, int64_t column, const Visit& visit) const {
    for (int64_t i = std::max<int64_t>(row * stride - padding, 0); i < std::min(row * stride - padding + size, height); ++i)
      for (int64_t j = std::max<int64_t>(column * stride - padding, 0); j < std::min(column * stride - padding + size, width); ++j) visit((i * width + j) * channels);
  }
};

class PoolingKernel : public OpKernel {
 public:
  explicit PoolingKernel(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("size", &size_));
    OP_REQUIRES_OK(c, c->GetAttr("stride", &stride_));
    OP_REQUIRES_OK(c, c->GetAttr("padding", &padding_));
  }

 protected:
  Pooling PoolingOf(const Tensor& x) const { return {x.dim_size(1), x.dim_size(2), x.dim_size(3), size_, stride_, padding_}; }

 private:
  int64_t size_, stride_, padding_;
};
}  // namespace

REGISTER_OP("OfaMaxPool").Input("x: float").Output("y: float").Attr("size: int").Attr("stride: int").Attr("padding: int").SetShapeFn(shape_inference::UnknownShape);

class MaxPool : public PoolingKernel {
 public:
  using PoolingKernel::PoolingKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(0);
    const Pooling p = PoolingOf(x);
    const int64_t rows = p.rows(), columns = p.columns();
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({x.dim_size(0), rows, columns, p.channels}), &y));
    const float* from = x.flat<float>().data();
    float* to = y->flat<float>().data();
    Parallel(c, x.dim_size(0) * rows, columns * p.channels * p.size * p.size / 4, [=](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r)
        for (int64_t column = 0; column < columns; ++column) {
          const float* image = from + r / rows * p.height * p.width * p.channels;
          float* most = to + (r * columns + column) * p.channels;
          std::fill(most, most + p.channels, -std::numeric_limits<float>::infinity());
          p.Window(r % rows, column, [&](int64_t place) {
#pragma omp simd
            for (int64_t k = 0; k < p.channels; ++k) most[k] = most[k] >= image[place + k] || most[k] != most[k] ? most[k] : image[place + k];
          });
        }
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaMaxPool").Device(DEVICE_CPU), MaxPool);

REGISTER_OP("OfaMaxPoolGrad").Input("dy: float").Input("x: float").Input("y: float").Output("dx: float").Attr("size: int").Attr("stride: int").Attr("padding: int").SetShapeFn(shape_inference::UnknownShape);

class MaxPoolGrad : public PoolingKernel {
 public:
  using PoolingKernel::PoolingKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor& x = c->input(1);
    const Pooling p = PoolingOf(x);
    const int64_t rows = p.rows(), columns = p.columns(), size = p.height * p.width * p.channels;
    Tensor* dx;
    OP_REQUIRES_OK(c, c->allocate_output(0, x.shape(), &dx));
    const float *slope = c->input(0).flat<float>().data(), *from = x.flat<float>().data(), *most = c->input(2).flat<float>().data();
    float* to = dx->flat<float>().data();
    Parallel(c, x.dim_size(0), rows * columns * p.channels * p.size * p.size / 2, [=](int64_t begin, int64_t end) {
      std::vector<float> left(p.channels);
      for (int64_t e = begin; e < end; ++e) {
        const float* image = from + e * size;
        float* out = to + e * size;
        std::fill(out, out + size, 0.0f);
        for (int64_t place = 0; place < rows * columns; ++place) {
          const int64_t at = (e * rows * columns + place) * p.channels;
          // What no place of the window has taken yet.
          std::copy(slope + at, slope + at + p.channels, left.begin());
          float* remaining = left.data();
          p.Window(place / columns, place % columns, [&](int64_t here) {
#pragma omp simd
            for (int64_t k = 0; k < p.channels; ++k) {
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
