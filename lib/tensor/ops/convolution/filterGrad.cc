// Gradient of a convolution's filter for images of few channels, where TensorFlow's own op reaches a third of the
// machine: dw[i, j, c, k] = Σ x[b, s·y + i − p, s·u + j − p, c] · dy[b, y, u, k], a tile of sums held in registers over
// a band of rows that stays in the cache.
#include "ops/convolution/window.h"
#include "simd/lanes.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
constexpr int64_t kFewest = 4, kNarrow = 8;
/** Numbers of x and dy in a band: an eighth of a small second-level cache. */
constexpr int64_t kStretch = 1 << 14;

/** What one place of the filter sees: rows and columns of dy, and where they begin in x and dy. */
struct Seen {
  int64_t rows, columns;
  const float *x, *dy;
  /** From one row, and one column, to the next. */
  int64_t x_row, x_column, dy_row, dy_column;
};

/** Adds to dw, of rows dy_column apart, the sums of kIn channels of x times V vectors of channels of dy. */
template <int kIn, int V, int kLanes>
void AddTile(const Seen& seen, int64_t c, int64_t k, float* dw) {
  typedef typename Lanes<kLanes, float>::Vector Vector;
  Vector sums[kIn][V] = {};
  for (int64_t y = 0; y < seen.rows; ++y) {
    const float *x = seen.x + y * seen.x_row + c, *dy = seen.dy + y * seen.dy_row + k;
    for (int64_t u = 0; u < seen.columns; ++u, x += seen.x_column, dy += seen.dy_column) {
      Vector slopes[V];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) slopes[v] = *reinterpret_cast<const Vector*>(dy + v * kLanes);
#pragma GCC unroll 16
      for (int n = 0; n < kIn; ++n)
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) MultiplyAdd<kLanes>(x[n], slopes[v], sums[n][v]);
    }
  }
#pragma GCC unroll 16
  for (int n = 0; n < kIn; ++n)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v)
      *reinterpret_cast<Vector*>(dw + (c + n) * seen.dy_column + k + v * kLanes) += sums[n][v];
}

/** V vectors of channels of dy by all channels of x: kIn at a time, and what remains by eights and fours. */
template <int kIn, int V, int kLanes>
void AddColumns(const Seen& seen, int64_t channels, int64_t k, float* dw) {
  int64_t c = 0;
  for (; c + kIn <= channels; c += kIn) AddTile<kIn, V, kLanes>(seen, c, k, dw);
  if constexpr (kIn > 8)
    for (; c + 8 <= channels; c += 8) AddTile<8, V, kLanes>(seen, c, k, dw);
  for (; c + kFewest <= channels; c += kFewest) AddTile<kFewest, V, kLanes>(seen, c, k, dw);
}
}  // namespace

REGISTER_OP("OfaConvolutionFilterGrad")
    .Input("x: float")
    .Input("dy: float")
    .Output("dw: float")
    .Attr("size: int")
    .Attr("stride: int")
    .Attr("padding: int")
    .SetShapeFn(shape_inference::UnknownShape);

class ConvolutionFilterGrad : public WindowKernel {
 public:
  using WindowKernel::WindowKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &dy = c->input(1);
    OP_REQUIRES(c, window_.gives(x, dy),
                absl::InvalidArgumentError("dy is not of the size that the window makes of x"));
    const Plane in{x.dim_size(1), x.dim_size(2), x.dim_size(3)}, out{dy.dim_size(1), dy.dim_size(2), dy.dim_size(3)};
    OP_REQUIRES(c, in.channels > 0 && out.channels > 0 && in.channels % kFewest == 0 && out.channels % kNarrow == 0,
                absl::InvalidArgumentError("channels must be multiples of 4 and 8"));
    Tensor* dw;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({window_.size, window_.size, in.channels, out.channels}), &dw));
    const float *px = x.flat<float>().data(), *pdy = dy.flat<float>().data();
    const int64_t rows =
        std::max<int64_t>(1, kStretch / (window_.stride * in.width * in.channels + out.width * out.channels));
    BlockedSum(
        c, x.dim_size(0), dw->NumElements(), 2 * out.height * out.width * dw->NumElements(), dw->flat<float>().data(),
        [=](int64_t begin, int64_t end, float* partial) {
          for (int64_t b = begin; b < end; ++b)
            for (int64_t first = 0; first < out.height; first += rows)
              AddBand(px + b * in.size(), in, pdy + b * out.size(), out, first, std::min(out.height, first + rows),
                      partial);
        },
        16, 1);
  }

 private:
  /** What rows [first, last) of one image's dy bring. */
  void AddBand(const float* x, const Plane& in, const float* dy, const Plane& out, int64_t first, int64_t last,
               float* dw) const {
    const int64_t size = window_.size, stride = window_.stride, padding = window_.padding;
    for (int64_t i = 0; i < size; ++i)
      for (int64_t j = 0; j < size; ++j) {
        // Rows and columns of dy that meet x inside the image.
        const int64_t top = std::max(first, First(i)), bottom = std::min(last, Last(i, in.height, out.height)),
                      left = First(j), right = Last(j, in.width, out.width);
        const Seen seen{bottom - top,
                        right - left,
                        x + ((top * stride + i - padding) * in.width + left * stride + j - padding) * in.channels,
                        dy + (top * out.width + left) * out.channels,
                        stride * in.width * in.channels,
                        stride * in.channels,
                        out.width * out.channels,
                        out.channels};
        float* place = dw + (i * size + j) * in.channels * out.channels;
        int64_t k = 0;
        for (; k + 2 * kWide <= out.channels; k += 2 * kWide)
          AddColumns<kWide / 2, 2, kWide>(seen, in.channels, k, place);
        for (; k + kWide <= out.channels; k += kWide) AddColumns<kWide, 1, kWide>(seen, in.channels, k, place);
        for (; k < out.channels; k += kNarrow) AddColumns<kNarrow, 1, kNarrow>(seen, in.channels, k, place);
      }
  }

  int64_t First(int64_t offset) const {
    return offset >= window_.padding ? 0 : (window_.padding - offset + window_.stride - 1) / window_.stride;
  }
  int64_t Last(int64_t offset, int64_t from, int64_t to) const {
    const int64_t last = from - 1 + window_.padding - offset;
    // A quotient of less than nothing would be rounded up to 0.
    return last < 0 ? 0 : std::min(to, last / window_.stride + 1);
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaConvolutionFilterGrad").Device(DEVICE_CPU), ConvolutionFilterGrad);

}  // namespace ofa
