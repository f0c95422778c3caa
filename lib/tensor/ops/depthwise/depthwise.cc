// A depthwise convolution and its gradients, a vector of channels at a time: x [batch, height, width, channels], filter
// [size, size, channels, 1]. It waits for memory alone, so that nothing is padded, copied or rounded.
#include "ops/convolution/window.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
/** Neighbouring channels that are computed at once. */
typedef Lanes<kWide, float>::Vector Stretch;

const Stretch& At(const float* place) { return *reinterpret_cast<const Stretch*>(place); }
Stretch& At(float* place) { return *reinterpret_cast<Stretch*>(place); }

/** Where a window of S that begins at `first`, perhaps before 0, lies within `length`. */
struct Span {
  Span(int64_t first, int64_t size, int64_t length)
      : begin(std::max<int64_t>(0, -first)), end(std::min(size, length - first)) {}
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

/** The windows of S that lie within `length` as a whole. */
struct Inner {
  Inner(const Window& window, int64_t length)
      : begin((window.padding + window.stride - 1) / window.stride),
        end((length - window.size + window.padding + window.stride) / window.stride) {}
  bool holds(int64_t place) const { return place >= begin && place < end; }
  int64_t begin, end;
};

/** A row of the result. Turned, the filter is upside down, as in the gradient to the image at stride 1. */
template <int S>
void Row(const Plane& in, int64_t outWidth, const Window& window, const float* image, const float* filter, bool turned,
         int64_t v, float* to) {
  const int64_t channels = in.channels, top = v * window.stride - window.padding;
  const Span rows(top, S, in.height);
  const Inner inner(window, in.width);
  for (int64_t c = 0; c < channels; c += kWide) {
    Stretch taps[S * S];
    for (int t = 0; t < S * S; ++t) taps[t] = At(filter + (turned ? S * S - 1 - t : t) * channels + c);
    for (int64_t u = 0; u < outWidth; ++u) {
      const int64_t left = u * window.stride - window.padding;
      const float* from = image + (top * in.width + left) * channels + c;
      Stretch sum{};
      if (rows.size() == S && inner.holds(u)) {
#pragma GCC unroll 7
        for (int i = 0; i < S; ++i)
#pragma GCC unroll 7
          for (int j = 0; j < S; ++j) sum += At(from + (i * in.width + j) * channels) * taps[i * S + j];
      } else {
        const Span columns(left, S, in.width);
        for (int64_t i = rows.begin; i < rows.end; ++i)
          for (int64_t j = columns.begin; j < columns.end; ++j)
            sum += At(from + (i * in.width + j) * channels) * taps[i * S + j];
      }
      At(to + u * channels + c) = sum;
    }
  }
}

/** A row of the gradient to the image at any stride: what of dy [height, width, channels] each pixel took part in. */
template <int S>
void GradRow(const Plane& in, const Plane& out, const Window& window, const float* dy, const float* filter, int64_t y,
             float* to) {
  for (int64_t x = 0; x < in.width; ++x)
    for (int64_t c = 0; c < in.channels; c += kWide) {
      Stretch sum{};
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

/** Adds an image's part to the gradient of the filter. */
template <int S>
void AddFilterGrad(const Plane& in, const Plane& out, const Window& window, const float* image, const float* dy,
                   float* slopes) {
  const Inner inner(window, in.width);
  for (int64_t c = 0; c < in.channels; c += kWide) {
    Stretch sums[S * S] = {};
    for (int64_t v = 0; v < out.height; ++v) {
      const int64_t top = v * window.stride - window.padding;
      const Span rows(top, S, in.height);
      for (int64_t u = 0; u < out.width; ++u) {
        const int64_t left = u * window.stride - window.padding;
        const float* from = image + (top * in.width + left) * in.channels + c;
        const Stretch slope = At(dy + (v * out.width + u) * in.channels + c);
        if (rows.size() == S && inner.holds(u)) {
#pragma GCC unroll 7
          for (int i = 0; i < S; ++i)
#pragma GCC unroll 7
            for (int j = 0; j < S; ++j) sums[i * S + j] += At(from + (i * in.width + j) * in.channels) * slope;
        } else {
          const Span columns(left, S, in.width);
          for (int64_t i = rows.begin; i < rows.end; ++i)
            for (int64_t j = columns.begin; j < columns.end; ++j)
              sums[i * S + j] += At(from + (i * in.width + j) * in.channels) * slope;
        }
      }
    }
    for (int t = 0; t < S * S; ++t) At(slopes + t * in.channels + c) += sums[t];
  }
}

/** Calls work.template operator()<S>() for the side of the filter. */
template <typename Work>
void WithSide(int64_t side, const Work& work) {
  switch (side) {
    case 3:
      return work(std::integral_constant<int, 3>());
    case 5:
      return work(std::integral_constant<int, 5>());
    default:
      return work(std::integral_constant<int, 7>());
  }
}

class DepthwiseKernel : public OpKernel {
 public:
  explicit DepthwiseKernel(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("stride", &stride_));
    OP_REQUIRES_OK(c, c->GetAttr("padding", &padding_));
    OP_REQUIRES_OK(c, WindowOf(1).IsSound());
  }

 protected:
  Window WindowOf(int64_t side) const { return {side, stride_, padding_}; }

  static absl::Status Check(int64_t side, int64_t channels) {
    if (side != 3 && side != 5 && side != 7) return absl::InvalidArgumentError("a filter's side must be 3, 5 or 7");
    if (channels % kWide != 0) return absl::InvalidArgumentError("channels must be a whole number of vectors");
    return absl::OkStatus();
  }

 private:
  int64_t stride_, padding_;
};
}  // namespace

REGISTER_OP("OfaDepthwise")
    .Input("x: float")
    .Input("filter: float")
    .Output("y: float")
    .Attr("stride: int")
    .Attr("padding: int")
    .SetShapeFn(shape_inference::UnknownShape);

class Depthwise : public DepthwiseKernel {
 public:
  using DepthwiseKernel::DepthwiseKernel;

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &filter = c->input(1);
    OP_REQUIRES_OK(c, HasRank(x, 4, "x"));
    OP_REQUIRES_OK(c, HasRank(filter, 4, "the filter"));
    const Window window = WindowOf(filter.dim_size(0));
    const Plane in{x.dim_size(1), x.dim_size(2), x.dim_size(3)},
        out{window.over(in.height), window.over(in.width), in.channels};
    OP_REQUIRES_OK(c, Check(window.size, in.channels));
    OP_REQUIRES(c, filter.dim_size(1) == window.size && filter.dim_size(2) == in.channels && filter.dim_size(3) == 1,
                absl::InvalidArgumentError("the filter must be a square, one for each channel of the image"));
    OP_REQUIRES(c, window.fits(in), absl::InvalidArgumentError("the image is smaller than the filter"));
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({x.dim_size(0), out.height, out.width, out.channels}), &y));
    const float *from = x.flat<float>().data(), *taps = filter.flat<float>().data();
    float* to = y->flat<float>().data();
    WithSide(window.size, [&](auto side) {
      Parallel(c, x.dim_size(0) * out.height, out.width * out.channels * window.size * window.size / 8,
               [&](int64_t begin, int64_t end) {
                 for (int64_t r = begin; r < end; ++r)
                   Row<side>(in, out.width, window, from + r / out.height * in.size(), taps, false, r % out.height,
                             to + r * out.width * out.channels);
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

class DepthwiseInputGrad : public DepthwiseKernel {
 public:
  explicit DepthwiseInputGrad(OpKernelConstruction* c) : DepthwiseKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("height", &height_));
    OP_REQUIRES_OK(c, c->GetAttr("width", &width_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &dy = c->input(0), &filter = c->input(1);
    OP_REQUIRES_OK(c, HasRank(dy, 4, "dy"));
    OP_REQUIRES_OK(c, HasRank(filter, 4, "the filter"));
    const Window window = WindowOf(filter.dim_size(0));
    const Plane in{height_, width_, dy.dim_size(3)}, out{dy.dim_size(1), dy.dim_size(2), dy.dim_size(3)};
    OP_REQUIRES_OK(c, Check(window.size, in.channels));
    OP_REQUIRES(c,
                window.fits(in) && out.height == window.over(in.height) && out.width == window.over(in.width) &&
                    filter.NumElements() == window.size * window.size * in.channels,
                absl::InvalidArgumentError("dy and the filter do not fit the image"));
    Tensor* dx;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({dy.dim_size(0), in.height, in.width, in.channels}), &dx));
    const float *from = dy.flat<float>().data(), *taps = filter.flat<float>().data();
    float* to = dx->flat<float>().data();
    const Window back{window.size, 1, window.size - 1 - window.padding};
    WithSide(window.size, [&](auto side) {
      Parallel(c, dy.dim_size(0) * in.height, in.width * in.channels * window.size * window.size / 8 / window.stride,
               [&](int64_t begin, int64_t end) {
                 for (int64_t r = begin; r < end; ++r) {
                   const float* slopes = from + r / in.height * out.size();
                   float* row = to + r * in.width * in.channels;
                   if (window.stride == 1)
                     Row<side>(out, in.width, back, slopes, taps, true, r % in.height, row);
                   else
                     GradRow<side>(in, out, window, slopes, taps, r % in.height, row);
                 }
               });
    });
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

class DepthwiseFilterGrad : public DepthwiseKernel {
 public:
  explicit DepthwiseFilterGrad(OpKernelConstruction* c) : DepthwiseKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("size", &size_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &x = c->input(0), &dy = c->input(1);
    OP_REQUIRES_OK(c, HasRank(x, 4, "x"));
    OP_REQUIRES_OK(c, HasRank(dy, 4, "dy"));
    const Window window = WindowOf(size_);
    const Plane in{x.dim_size(1), x.dim_size(2), x.dim_size(3)}, out{dy.dim_size(1), dy.dim_size(2), dy.dim_size(3)};
    OP_REQUIRES_OK(c, Check(window.size, in.channels));
    OP_REQUIRES(c, window.gives(x, dy) && out.channels == in.channels,
                absl::InvalidArgumentError("dy is not of the size that the window makes of x"));
    Tensor* dw;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({size_, size_, in.channels, 1}), &dw));
    const float *from = x.flat<float>().data(), *slopes = dy.flat<float>().data();
    WithSide(window.size, [&](auto side) {
      BlockedSum(
          c, x.dim_size(0), dw->NumElements(), out.height * out.width * out.channels * window.size * window.size / 8,
          dw->flat<float>().data(),
          [&](int64_t begin, int64_t end, float* partial) {
            for (int64_t b = begin; b < end; ++b)
              AddFilterGrad<side>(in, out, window, from + b * in.size(), slopes + b * out.size(), partial);
          },
          16, 1);
    });
  }

 private:
  int64_t size_;
};
REGISTER_KERNEL_BUILDER(Name("OfaDepthwiseFilterGrad").Device(DEVICE_CPU), DepthwiseFilterGrad);

}  // namespace ofa
