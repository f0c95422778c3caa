// A depthwise convolution and its gradients, one vector of channels at a time. x [batch, height, width, channels],
// filter [size, size, channels, 1]. Memory limits its speed, so that nothing is padded, copied or rounded.
#include <algorithm>
#include <type_traits>

#include "ops/convolution/window.h"
#include "simd/checks.h"
#include "simd/parallel.h"
#include "simd/vectors.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
/** Neighbouring channels that are computed together. */
typedef Lanes<kVectorLanes, float>::Vector Channels;

const Channels& At(const float* data) { return *reinterpret_cast<const Channels*>(data); }
Channels& At(float* data) { return *reinterpret_cast<Channels*>(data); }

/** The part of a window that lies within the image, if it begins at pixel `first`, which may be negative. */
struct Overlap {
  Overlap(int64_t first, int64_t size, int64_t length)
      : begin(std::max<int64_t>(0, -first)), end(std::min(size, length - first)) {}
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

/** The positions at which the whole window lies within `length` pixels. */
struct InnerPositions {
  InnerPositions(const Window& window, int64_t length)
      : begin((window.padding + window.stride - 1) / window.stride),
        end((length - window.size + window.padding + window.stride) / window.stride) {}
  bool contains(int64_t position) const { return position >= begin && position < end; }
  int64_t begin, end;
};

/** The sizes of a depthwise convolution, with loops over the S × S taps of its filter. */
template <int S>
struct Depthwise2d {
  ImageSize in, out;
  Window window;

  /** Computes row v of the output. A flipped filter computes the gradient of the image at stride 1. */
  void ForwardRow(const float* image, const float* filter, bool flipped, int64_t v, float* to) const {
    const int64_t channels = in.channels, top = v * window.stride - window.padding;
    const Overlap rows(top, S, in.height);
    const InnerPositions inner(window, in.width);
    for (int64_t c = 0; c < channels; c += kVectorLanes) {
      Channels taps[S * S];
      for (int t = 0; t < S * S; ++t) taps[t] = At(filter + (flipped ? S * S - 1 - t : t) * channels + c);
      for (int64_t u = 0; u < out.width; ++u) {
        const int64_t left = u * window.stride - window.padding;
        const float* from = image + (top * in.width + left) * channels + c;
        Channels sum{};
        if (rows.size() == S && inner.contains(u)) {
#pragma GCC unroll 7
          for (int i = 0; i < S; ++i)
#pragma GCC unroll 7
            for (int j = 0; j < S; ++j) sum += At(from + (i * in.width + j) * channels) * taps[i * S + j];
        } else {
          const Overlap columns(left, S, in.width);
          for (int64_t i = rows.begin; i < rows.end; ++i)
            for (int64_t j = columns.begin; j < columns.end; ++j)
              sum += At(from + (i * in.width + j) * channels) * taps[i * S + j];
        }
        At(to + u * channels + c) = sum;
      }
    }
  }

  /** Computes row y of the image's gradient at any stride, from all entries of dy whose window contains the pixel. */
  void InputGradRow(const float* dy, const float* filter, int64_t y, float* to) const {
    for (int64_t x = 0; x < in.width; ++x)
      for (int64_t c = 0; c < in.channels; c += kVectorLanes) {
        Channels sum{};
        for (int64_t i = (y + window.padding) % window.stride; i < S; i += window.stride) {
          const int64_t v = (y + window.padding - i) / window.stride;
          if (y + window.padding < i || v >= out.height) continue;
          for (int64_t j = (x + window.padding) % window.stride; j < S; j += window.stride) {
            const int64_t u = (x + window.padding - j) / window.stride;
            if (x + window.padding >= j && u < out.width)
              sum += At(dy + (v * out.width + u) * in.channels + c) * At(filter + (i * S + j) * in.channels + c);
          }
        }
        At(to + x * in.channels + c) = sum;
      }
  }

  /** Adds the contribution of one image to the gradient of the filter. */
  void AddFilterGrad(const float* image, const float* dy, float* dw) const {
    const InnerPositions inner(window, in.width);
    for (int64_t c = 0; c < in.channels; c += kVectorLanes) {
      Channels sums[S * S] = {};
      for (int64_t v = 0; v < out.height; ++v) {
        const int64_t top = v * window.stride - window.padding;
        const Overlap rows(top, S, in.height);
        for (int64_t u = 0; u < out.width; ++u) {
          const int64_t left = u * window.stride - window.padding;
          const float* from = image + (top * in.width + left) * in.channels + c;
          const Channels grad = At(dy + (v * out.width + u) * in.channels + c);
          if (rows.size() == S && inner.contains(u)) {
#pragma GCC unroll 7
            for (int i = 0; i < S; ++i)
#pragma GCC unroll 7
              for (int j = 0; j < S; ++j) sums[i * S + j] += At(from + (i * in.width + j) * in.channels) * grad;
          } else {
            const Overlap columns(left, S, in.width);
            for (int64_t i = rows.begin; i < rows.end; ++i)
              for (int64_t j = columns.begin; j < columns.end; ++j)
                sums[i * S + j] += At(from + (i * in.width + j) * in.channels) * grad;
          }
        }
      }
      for (int t = 0; t < S * S; ++t) At(dw + t * in.channels + c) += sums[t];
    }
  }
};

/** Calls work with the sizes as a Depthwise2d for the size of the filter: 3, 5 or 7. */
template <typename Work>
void Dispatch(const ImageSize& in, const ImageSize& out, const Window& window, const Work& work) {
  switch (window.size) {
    case 3:
      return work(Depthwise2d<3>{in, out, window});
    case 5:
      return work(Depthwise2d<5>{in, out, window});
    default:
      return work(Depthwise2d<7>{in, out, window});
  }
}

absl::Status CheckDepthwise(int64_t size, int64_t channels) {
  if (size != 3 && size != 5 && size != 7) return absl::InvalidArgumentError("the filter's size must be 3, 5 or 7");
  if (channels % kVectorLanes != 0)
    return absl::InvalidArgumentError("the count of channels must be a multiple of " + std::to_string(kVectorLanes));
  return absl::OkStatus();
}
}  // namespace

REGISTER_OP("OfaDepthwise")
    .Input("x: float")
    .Input("filter: float")
    .Output("y: float")
    .Attr("stride: int")
    .Attr("padding: int")
    .SetShapeFn(shape_inference::UnknownShape);

class Depthwise : public FilterKernel {
 public:
  using FilterKernel::FilterKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &filter = c->input(1);
    OP_REQUIRES_OK(c, CheckRank(x, 4, "x"));
    OP_REQUIRES_OK(c, CheckRank(filter, 4, "the filter"));
    const Window window = WindowOf(filter.dim_size(0));
    const ImageSize in = ImageSizeOf(x);
    OP_REQUIRES_OK(c, CheckDepthwise(window.size, in.channels));
    OP_REQUIRES(c, filter.dim_size(1) == window.size && filter.dim_size(2) == in.channels && filter.dim_size(3) == 1,
                absl::InvalidArgumentError("the filter must have shape [size, size, channels of x, 1]"));
    OP_REQUIRES(c, window.fits(in), absl::InvalidArgumentError("the image is smaller than the filter"));
    const ImageSize out{window.positions(in.height), window.positions(in.width), in.channels};
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({x.dim_size(0), out.height, out.width, out.channels}), &y));
    const float *x_data = x.flat<float>().data(), *filter_data = filter.flat<float>().data();
    float* y_data = y->flat<float>().data();
    const int64_t cost = out.width * out.channels * window.size * window.size / 8;
    Dispatch(in, out, window, [&](const auto& depthwise) {
      Parallel(c, x.dim_size(0) * out.height, cost, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r)
          depthwise.ForwardRow(x_data + r / out.height * in.numbers(), filter_data, false, r % out.height,
                               y_data + r * out.width * out.channels);
      });
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaDepthwise").Device(DEVICE_CPU), Depthwise);

REGISTER_OP("OfaDepthwiseInputGrad")
    .Input("dy: float")
    .Input("filter: float")
    .Output("dx: float")
    .Attr("stride: int")
    .Attr("padding: int")
    .Attr("height: int")
    .Attr("width: int")
    .SetShapeFn(shape_inference::UnknownShape);

class DepthwiseInputGrad : public FilterKernel {
 public:
  explicit DepthwiseInputGrad(OpKernelConstruction* c) : FilterKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("height", &height_));
    OP_REQUIRES_OK(c, c->GetAttr("width", &width_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &dy = c->input(0), &filter = c->input(1);
    OP_REQUIRES_OK(c, CheckRank(dy, 4, "dy"));
    OP_REQUIRES_OK(c, CheckRank(filter, 4, "the filter"));
    const Window window = WindowOf(filter.dim_size(0));
    const ImageSize out = ImageSizeOf(dy), in{height_, width_, out.channels};
    OP_REQUIRES_OK(c, CheckDepthwise(window.size, in.channels));
    OP_REQUIRES(c,
                window.fits(in) && out.height == window.positions(in.height) &&
                    out.width == window.positions(in.width) &&
                    filter.NumElements() == window.size * window.size * in.channels,
                absl::InvalidArgumentError("the shapes of dy and the filter do not fit the image"));
    Tensor* dx;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({dy.dim_size(0), in.height, in.width, in.channels}), &dx));
    const float *dy_data = dy.flat<float>().data(), *filter_data = filter.flat<float>().data();
    float* dx_data = dx->flat<float>().data();
    const int64_t rows = dy.dim_size(0) * in.height;
    const int64_t cost = in.width * in.channels * window.size * window.size / 8 / window.stride;
    const auto for_each_row = [&](const auto& compute_row) {
      Parallel(c, rows, cost, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r)
          compute_row(dy_data + r / in.height * out.numbers(), r % in.height, dx_data + r * in.width * in.channels);
      });
    };
    if (window.stride == 1) {
      const Window flipped{window.size, 1, window.size - 1 - window.padding};
      Dispatch(out, in, flipped, [&](const auto& depthwise) {
        for_each_row(
            [&](const float* grads, int64_t y, float* to) { depthwise.ForwardRow(grads, filter_data, true, y, to); });
      });
    } else {
      Dispatch(in, out, window, [&](const auto& depthwise) {
        for_each_row(
            [&](const float* grads, int64_t y, float* to) { depthwise.InputGradRow(grads, filter_data, y, to); });
      });
    }
  }

 private:
  int64_t height_, width_;
};
REGISTER_KERNEL_BUILDER(Name("OfaDepthwiseInputGrad").Device(DEVICE_CPU), DepthwiseInputGrad);

REGISTER_OP("OfaDepthwiseFilterGrad")
    .Input("x: float")
    .Input("dy: float")
    .Output("dw: float")
    .Attr("size: int")
    .Attr("stride: int")
    .Attr("padding: int")
    .SetShapeFn(shape_inference::UnknownShape);

class DepthwiseFilterGrad : public WindowKernel {
 public:
  using WindowKernel::WindowKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &dy = c->input(1);
    OP_REQUIRES_OK(c, CheckRank(x, 4, "x"));
    OP_REQUIRES_OK(c, CheckRank(dy, 4, "dy"));
    const ImageSize in = ImageSizeOf(x), out = ImageSizeOf(dy);
    OP_REQUIRES_OK(c, CheckDepthwise(window_.size, in.channels));
    OP_REQUIRES_OK(c, CheckMatches(window_, x, dy));
    OP_REQUIRES(c, out.channels == in.channels, absl::InvalidArgumentError("dy must have as many channels as x"));
    Tensor* dw;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({window_.size, window_.size, in.channels, 1}), &dw));
    const float *x_data = x.flat<float>().data(), *dy_data = dy.flat<float>().data();
    float* dw_data = dw->flat<float>().data();
    const int64_t cost = out.height * out.width * out.channels * window_.size * window_.size / 8;
    Dispatch(in, out, window_, [&](const auto& depthwise) {
      const auto add_images = [&](int64_t begin, int64_t end, float* partial) {
        for (int64_t b = begin; b < end; ++b)
          depthwise.AddFilterGrad(x_data + b * in.numbers(), dy_data + b * out.numbers(), partial);
      };
      BlockedSum(c, {x.dim_size(0), dw->NumElements(), cost, 16, 1}, dw_data, add_images);
    });
  }
};
REGISTER_KERNEL_BUILDER(Name("OfaDepthwiseFilterGrad").Device(DEVICE_CPU), DepthwiseFilterGrad);

}  // namespace ofa
