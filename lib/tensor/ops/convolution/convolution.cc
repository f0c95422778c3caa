// A convolution and its gradient to the image; where there is no matrix unit, of few channels or with a stride. A band
// of rows is copied into its frame of zeros, and patches are multiplied where they stand in it, where TensorFlow copies
// each; in mixed precision that copy is rounded, where TensorFlow's ops would have the whole image rounded beforehand
// and the result turned back.
#include "ops/convolution/window.h"
#include "ops/convolution/gatherProduct.h"
#include "simd/mlp.h"
#include "simd/panels.h"
#include "simd/parallel.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
constexpr int64_t kPanelWidth = kMostVectors * kWide;
/** Numbers of a band of rows: a quarter of a small second-level cache. */
constexpr int64_t kBand = 1 << 15;

/**
 * A filter [size, size, in, out] in panels of columns, each [size · size · steps of in, columns] without gaps. Turned,
 * it is that of the gradient to the image at stride 1: a convolution from out to in, by the filter upside down.
 */
template <typename Number>
class FilterPanels {
 public:
  FilterPanels(OpKernelContext* c, const Tensor& filter, bool turned)
      : taps_(filter.dim_size(0) * filter.dim_size(1)),
        in_(filter.dim_size(turned ? 3 : 2)),
        out_(filter.dim_size(turned ? 2 : 3)),
        data_(taps_ * steps() * out_) {
    const float* from = filter.flat<float>().data();
    const int64_t panels = (out_ + kPanelWidth - 1) / kPanelWidth;
    Parallel(c, taps_ * panels, in_ * kPanelWidth * 2, [&](int64_t begin, int64_t end) {
      Buffer<float> transposed(turned ? in_ * kPanelWidth : 0);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t t = i / panels, first = i % panels * kPanelWidth, width = std::min(kPanelWidth, out_ - first);
        const float* tap = from + (turned ? taps_ - 1 - t : t) * in_ * out_;
        if (turned) Transpose(width, in_, {tap + first * in_, in_}, {transposed.data(), width});
        Pack(in_, width, turned ? Rows<const float>{transposed.data(), width} : Rows<const float>{tap + first, out_},
             data_.data() + (first * taps_ + t * width) * steps());
      }
    });
  }

  int64_t in() const { return in_; }
  int64_t out() const { return out_; }
  /** Numbers of a pixel. */
  int64_t steps() const { return Steps<Number>(in_); }
  const Number* panel(int64_t first) const { return data_.data() + first * taps_ * steps(); }

 private:
  int64_t taps_, in_, out_;
  Buffer<Number> data_;
};

/** Rows [first, first + rows) of an image in the frame of its padding, with zeros where the frame leaves the image. */
template <typename Number>
void TakeRows(const float* image, const Plane& plane, int64_t padding, int64_t first, int64_t rows, Number* to) {
  const int64_t pixel = Steps<Number>(plane.channels), along = plane.width * plane.channels,
                width = (plane.width + 2 * padding) * pixel;
  for (int64_t y = first - padding; y < first - padding + rows; ++y, to += width) {
    if (y < 0 || y >= plane.height) {
      std::fill(to, to + width, Number{0});
      continue;
    }
    std::fill(to, to + padding * pixel, Number{0});
    std::fill(to + padding * pixel + plane.width * pixel, to + width, Number{0});
    const float* row = image + y * along;
    // Where no pair would hold two pixels, they follow one another without a gap.
    if (Steps<Number>(along) == plane.width * pixel)
      Take(along, row, to + padding * pixel);
    else
      for (int64_t u = 0; u < plane.width; ++u)
        Take(plane.channels, row + u * plane.channels, to + (padding + u) * pixel);
  }
}
}  // namespace

REGISTER_OP("OfaConvolution")
    .Input("x: float")
    .Input("filter: float")
    .Output("y: float")
    .Attr("stride: int")
    .Attr("padding: int")
    .Attr("mixed_precision: bool")
    .Attr("flipped: bool")
    .SetShapeFn(shape_inference::UnknownShape);

class Convolution : public OpKernel {
 public:
  explicit Convolution(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("stride", &stride_));
    OP_REQUIRES_OK(c, c->GetAttr("padding", &padding_));
    OP_REQUIRES_OK(c, c->GetAttr("mixed_precision", &bfloat16_));
    OP_REQUIRES_OK(c, c->GetAttr("flipped", &turned_));
    OP_REQUIRES_OK(c, Window({1, stride_, padding_}).IsSound());
  }

  void Compute(OpKernelContext* c) override { bfloat16_ ? Convolve<Pair>(c) : Convolve<float>(c); }

 private:
  template <typename Number>
  void Convolve(OpKernelContext* c) {
    const Tensor& x = c->input(0);
    OP_REQUIRES(
        c, x.dims() == 4 && c->input(1).dims() == 4 && x.dim_size(3) > 0,
        absl::InvalidArgumentError("images are [batch, height, width, channels], filters [size, size, in, out]"));
    const Window window{c->input(1).dim_size(0), stride_, padding_};
    OP_REQUIRES(c, window.size == c->input(1).dim_size(1), absl::InvalidArgumentError("filters must be squares"));
    const FilterPanels<Number> filter(c, c->input(1), turned_);
    const Plane in{x.dim_size(1), x.dim_size(2), x.dim_size(3)},
        out{window.over(in.height), window.over(in.width), filter.out()};
    OP_REQUIRES(c, out.channels % kWide == 0 && in.channels == filter.in(),
                absl::InvalidArgumentError("filters must be a whole number of vectors, and fit the image"));
    OP_REQUIRES(c, window.fits(in), absl::InvalidArgumentError("the image is smaller than the filter"));
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({x.dim_size(0), out.height, out.width, out.channels}), &y));
    const float* px = x.flat<float>().data();
    float* py = y->flat<float>().data();
    const int64_t pixel = filter.steps(), row = (in.width + 2 * window.padding) * pixel;
    // Few rows where there would be too few bands to share.
    const int64_t share = std::max<int64_t>(1, (x.dim_size(0) * out.height + Threads(c) - 1) / Threads(c));
    const int64_t most = std::min(
                      {out.height, share, std::max<int64_t>(1, (kBand / row - window.size) / window.stride + 1)}),
                  bands = (out.height + most - 1) / most;
    // Of small images several at a time, so that the filter is read less often.
    const int64_t run = window.size * pixel, frame = ((most - 1) * window.stride + window.size) * row;
    const int64_t group = bands > 1 ? 1
                                    : std::max<int64_t>(
                                          1, std::min(kBand / frame, (x.dim_size(0) + Threads(c) - 1) / Threads(c))),
                  groups = (x.dim_size(0) + group - 1) / group;
    Parallel(c, groups * bands, group * most * out.width * window.size * run * out.channels / kWide,
             [&](int64_t begin, int64_t end) {
               Buffer<Number> band(group * frame);
               std::vector<int64_t> offsets;
               std::vector<const Number*> pixels;
               for (int64_t i = 0; i < window.size; ++i) offsets.push_back(i * row);
               for (int64_t i = 0; i < group; ++i)
                 for (int64_t v = 0; v < most; ++v)
                   for (int64_t u = 0; u < out.width; ++u)
                     pixels.push_back(band.data() + i * frame + v * window.stride * row + u * window.stride * pixel);
               for (int64_t b = begin; b < end; ++b) {
                 const int64_t image = b / bands * group, many = std::min(group, x.dim_size(0) - image),
                               first = b % bands * most, rows = std::min(most, out.height - first);
                 for (int64_t i = 0; i < many; ++i)
                   TakeRows(px + (image + i) * in.size(), in, window.padding, first * window.stride,
                            (rows - 1) * window.stride + window.size, band.data() + i * frame);
                 float* to = py + image * out.size() + first * out.width * out.channels;
                 for (int64_t n = 0; n < out.channels; n += kPanelWidth) {
                   const int64_t width = std::min(kPanelWidth, out.channels - n);
                   GatherProduct(many * rows * out.width, width / kWide, {offsets.data(), window.size, run},
                                 pixels.data(), filter.panel(n), width, to + n, out.channels);
                 }
               }
             });
  }

  int64_t stride_, padding_;
  bool bfloat16_, turned_;
};
REGISTER_KERNEL_BUILDER(Name("OfaConvolution").Device(DEVICE_CPU), Convolution);

// The gradient to the image at any stride: what each pixel of dy brings to its patch is one product, and patches are
// added up where they overlap.
REGISTER_OP("OfaConvolutionInputGrad")
    .Input("dy: float")
    .Input("filter: float")
    .Output("dx: float")
    .Attr("stride: int")
    .Attr("padding: int")
    .Attr("mixed_precision: bool")
    .Attr("height: int")
    .Attr("width: int")
    .SetShapeFn(shape_inference::UnknownShape);

class ConvolutionInputGrad : public OpKernel {
 public:
  explicit ConvolutionInputGrad(OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("stride", &stride_));
    OP_REQUIRES_OK(c, c->GetAttr("padding", &padding_));
    OP_REQUIRES_OK(c, c->GetAttr("mixed_precision", &bfloat16_));
    OP_REQUIRES_OK(c, c->GetAttr("height", &height_));
    OP_REQUIRES_OK(c, c->GetAttr("width", &width_));
    OP_REQUIRES_OK(c, Window({1, stride_, padding_}).IsSound());
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &dy = c->input(0), &filter = c->input(1);
    OP_REQUIRES(
        c, dy.dims() == 4 && filter.dims() == 4 && filter.dim_size(2) > 0,
        absl::InvalidArgumentError("slopes are [batch, height, width, channels], filters [size, size, in, out]"));
    const Window window{filter.dim_size(0), stride_, padding_};
    const Plane in{height_, width_, filter.dim_size(2)}, out{dy.dim_size(1), dy.dim_size(2), dy.dim_size(3)};
    OP_REQUIRES(c, in.channels % 8 == 0, absl::InvalidArgumentError("the image's channels must be a multiple of 8"));
    OP_REQUIRES(c, window.size == filter.dim_size(1) && out.channels == filter.dim_size(3),
                absl::InvalidArgumentError("filters must be squares, as many as dy has channels"));
    OP_REQUIRES(c, window.fits(in) && out.height == window.over(in.height) && out.width == window.over(in.width),
                absl::InvalidArgumentError("dy is not of the size that the window makes of the image"));
    Tensor* dx;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({dy.dim_size(0), in.height, in.width, in.channels}), &dx));
    const float* pdy = dy.flat<float>().data();
    float* pdx = dx->flat<float>().data();
    const int64_t patch = window.size * window.size * in.channels;
    const Turned turned(filter.flat<float>().data(), patch, out.channels, bfloat16_);
    // Rows of dy that are multiplied at once.
    const int64_t most = std::max<int64_t>(1, 48 / out.width);
    Parallel(c, dy.dim_size(0), out.height * out.width * patch * out.channels / kWide, [&](int64_t begin, int64_t end) {
      Multiplier multiply(bfloat16_);
      Buffer<float> patches(most * out.width * patch);
      for (int64_t b = begin; b < end; ++b) {
        float* image = pdx + b * in.size();
        std::fill(image, image + in.size(), 0.0f);
        for (int64_t first = 0; first < out.height; first += most) {
          const int64_t rows = std::min(most, out.height - first);
          multiply(rows * out.width, patch, out.channels,
                   {pdy + b * out.size() + first * out.width * out.channels, out.channels, 1}, turned.weight,
                   {patches.data(), patch});
          const float* from = patches.data();
          for (int64_t v = first; v < first + rows; ++v)
            for (int64_t u = 0; u < out.width; ++u)
              for (int64_t i = 0; i < window.size; ++i)
                for (int64_t j = 0; j < window.size; ++j, from += in.channels) {
                  const int64_t y = v * window.stride + i - window.padding, x = u * window.stride + j - window.padding;
                  if (y >= 0 && y < in.height && x >= 0 && x < in.width)
                    Accumulate(from, in.channels, image + (y * in.width + x) * in.channels);
                }
        }
      }
    });
  }

 private:
  int64_t stride_, padding_, height_, width_;
  bool bfloat16_;
};
REGISTER_KERNEL_BUILDER(Name("OfaConvolutionInputGrad").Device(DEVICE_CPU), ConvolutionInputGrad);

}  // namespace ofa
