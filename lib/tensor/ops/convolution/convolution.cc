// A convolution, and the gradient of its images. A band of rows is copied into a frame with its padding, and patches
// are multiplied in place, where TensorFlow copies each patch. In mixed precision the copy of the band is rounded;
// TensorFlow's ops round the whole image beforehand and convert the result back.
#include <vector>

#include "ops/convolution/gatherProduct.h"
#include "ops/convolution/window.h"
#include "simd/checks.h"
#include "simd/multiplier.h"
#include "simd/panels.h"
#include "simd/parallel.h"
#include "simd/rows.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"

namespace ofa {
using namespace tensorflow;

namespace {
constexpr int64_t kFilterPanelColumns = kMaxVectors * kVectorLanes;
/** Count of numbers in a band of rows: a quarter of a small second-level cache. */
constexpr int64_t kMaxBandSize = 1 << 15;

/**
 * A filter [size, size, in, out] in panels of columns, each [size · size · packed in, columns] without gaps. A flipped
 * filter, with `in` and `out` exchanged, is that of the gradient of the images at stride 1.
 */
template <typename Number>
class FilterPanels {
 public:
  FilterPanels(OpKernelContext* c, const Tensor& filter, bool flipped)
      : taps_(filter.dim_size(0) * filter.dim_size(1)),
        in_(filter.dim_size(flipped ? 3 : 2)),
        out_(filter.dim_size(flipped ? 2 : 3)),
        data_(taps_ * pixel_size() * out_) {
    const float* from = filter.flat<float>().data();
    const int64_t panels = (out_ + kFilterPanelColumns - 1) / kFilterPanelColumns;
    Parallel(c, taps_ * panels, in_ * kFilterPanelColumns * 2, [&](int64_t begin, int64_t end) {
      Buffer<float> transposed(flipped ? in_ * kFilterPanelColumns : 0);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t t = i / panels, first = i % panels * kFilterPanelColumns;
        const int64_t width = std::min(kFilterPanelColumns, out_ - first);
        const float* tap = from + (flipped ? taps_ - 1 - t : t) * in_ * out_;
        if (flipped) Transpose(width, in_, {tap + first * in_, in_}, {transposed.data(), width});
        const Matrix<const float> columns =
            flipped ? Matrix<const float>{transposed.data(), width} : Matrix<const float>{tap + first, out_};
        PackRight(in_, width, columns, data_.data() + (first * taps_ + t * width) * pixel_size());
      }
    });
  }

  int64_t in() const { return in_; }
  int64_t out() const { return out_; }
  /** Packed numbers of a pixel. */
  int64_t pixel_size() const { return PackedDepth<Number>(in_); }
  /** The panel that begins at this column. */
  const Number* panel(int64_t column) const { return data_.data() + column * taps_ * pixel_size(); }

 private:
  int64_t taps_, in_, out_;
  Buffer<Number> data_;
};

/** Rows [first, first + count) of an image with its padding. */
struct Band {
  int64_t first, count, padding;
};

/** Writes a band of an image; padding is zeros. */
template <typename Number>
void PackBand(const float* image, const ImageSize& size, const Band& band, Number* to) {
  const int64_t padding = band.padding, pixel = PackedDepth<Number>(size.channels);
  const int64_t row_size = size.width * size.channels, width = (size.width + 2 * padding) * pixel;
  for (int64_t y = band.first - padding; y < band.first - padding + band.count; ++y, to += width) {
    if (y < 0 || y >= size.height) {
      std::fill(to, to + width, Number{0});
      continue;
    }
    std::fill(to, to + padding * pixel, Number{0});
    std::fill(to + padding * pixel + size.width * pixel, to + width, Number{0});
    const float* row = image + y * row_size;
    // With an even count of channels no pair spans two pixels, and the row is packed in one go.
    if (PackedDepth<Number>(row_size) == size.width * pixel)
      PackLeftRow(row_size, row, to + padding * pixel);
    else
      for (int64_t u = 0; u < size.width; ++u)
        PackLeftRow(size.channels, row + u * size.channels, to + (padding + u) * pixel);
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

class Convolution : public FilterKernel {
 public:
  explicit Convolution(OpKernelConstruction* c) : FilterKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("mixed_precision", &bfloat16_));
    OP_REQUIRES_OK(c, c->GetAttr("flipped", &flipped_));
  }

  void Compute(OpKernelContext* c) override { bfloat16_ ? Convolve<Bf16Pair>(c) : Convolve<float>(c); }

 private:
  template <typename Number>
  void Convolve(OpKernelContext* c) {
    const Tensor &x = c->input(0), &filter = c->input(1);
    OP_REQUIRES(c, x.dims() == 4 && filter.dims() == 4 && x.dim_size(3) > 0,
                absl::InvalidArgumentError("x must have shape [batch, height, width, channels], and the filter "
                                           "[size, size, in, out]"));
    OP_REQUIRES(c, filter.dim_size(0) == filter.dim_size(1), absl::InvalidArgumentError("the filter must be square"));
    const Window window = WindowOf(filter.dim_size(0));
    const FilterPanels<Number> panels(c, filter, flipped_);
    const ImageSize in = ImageSizeOf(x);
    const ImageSize out{window.positions(in.height), window.positions(in.width), panels.out()};
    OP_REQUIRES(c, out.channels % kVectorLanes == 0 && in.channels == panels.in(),
                absl::InvalidArgumentError("the filter's input channels must be those of x, and its output channels a "
                                           "multiple of " +
                                           std::to_string(kVectorLanes)));
    OP_REQUIRES(c, window.fits(in), absl::InvalidArgumentError("the image is smaller than the filter"));
    Tensor* y;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({x.dim_size(0), out.height, out.width, out.channels}), &y));
    const float* x_data = x.flat<float>().data();
    float* y_data = y->flat<float>().data();
    const int64_t batch = x.dim_size(0), threads = ThreadCount(c);
    const int64_t pixel = panels.pixel_size(), row = (in.width + 2 * window.padding) * pixel;
    // A band has few rows if there would be fewer bands than threads.
    const int64_t rows_per_thread = std::max<int64_t>(1, (batch * out.height + threads - 1) / threads);
    const int64_t rows_in_cache = std::max<int64_t>(1, (kMaxBandSize / row - window.size) / window.stride + 1);
    const int64_t band_rows = std::min({out.height, rows_per_thread, rows_in_cache});
    const int64_t bands = (out.height + band_rows - 1) / band_rows;
    // Several small images are computed together, so that the filter is read less often.
    const int64_t run = window.size * pixel, frame = ((band_rows - 1) * window.stride + window.size) * row;
    const int64_t group =
        bands > 1 ? 1 : std::max<int64_t>(1, std::min(kMaxBandSize / frame, (batch + threads - 1) / threads));
    const int64_t groups = (batch + group - 1) / group;
    const int64_t cost = group * band_rows * out.width * window.size * run * out.channels / kVectorLanes;
    Parallel(c, groups * bands, cost, [&](int64_t begin, int64_t end) {
      Buffer<Number> frames(group * frame);
      std::vector<int64_t> offsets;
      for (int64_t i = 0; i < window.size; ++i) offsets.push_back(i * row);
      std::vector<const Number*> patches;
      for (int64_t i = 0; i < group; ++i)
        for (int64_t v = 0; v < band_rows; ++v)
          for (int64_t u = 0; u < out.width; ++u)
            patches.push_back(frames.data() + i * frame + v * window.stride * row + u * window.stride * pixel);
      for (int64_t b = begin; b < end; ++b) {
        const int64_t image = b / bands * group, count = std::min(group, batch - image);
        const int64_t first = b % bands * band_rows, rows = std::min(band_rows, out.height - first);
        const Band band{first * window.stride, (rows - 1) * window.stride + window.size, window.padding};
        for (int64_t i = 0; i < count; ++i)
          PackBand(x_data + (image + i) * in.numbers(), in, band, frames.data() + i * frame);
        float* to = y_data + image * out.numbers() + first * out.width * out.channels;
        for (int64_t n = 0; n < out.channels; n += kFilterPanelColumns) {
          const int64_t width = std::min(kFilterPanelColumns, out.channels - n);
          GatherProduct<Number>(count * rows * out.width, width / kVectorLanes, {offsets.data(), window.size, run},
                                patches.data(), {panels.panel(n), width}, {to + n, out.channels});
        }
      }
    });
  }

  bool bfloat16_, flipped_;
};
REGISTER_KERNEL_BUILDER(Name("OfaConvolution").Device(DEVICE_CPU), Convolution);

// The gradient of the images at any stride: one product computes the gradients of the patches of several pixels of dy,
// which are added where patches overlap.
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

class ConvolutionInputGrad : public FilterKernel {
 public:
  explicit ConvolutionInputGrad(OpKernelConstruction* c) : FilterKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("mixed_precision", &bfloat16_));
    OP_REQUIRES_OK(c, c->GetAttr("height", &height_));
    OP_REQUIRES_OK(c, c->GetAttr("width", &width_));
  }

  void Compute(OpKernelContext* c) override {
    const Tensor &dy = c->input(0), &filter = c->input(1);
    OP_REQUIRES(c, dy.dims() == 4 && filter.dims() == 4 && filter.dim_size(2) > 0,
                absl::InvalidArgumentError("dy must have shape [batch, height, width, channels], and the filter "
                                           "[size, size, in, out]"));
    const Window window = WindowOf(filter.dim_size(0));
    const ImageSize in{height_, width_, filter.dim_size(2)}, out = ImageSizeOf(dy);
    OP_REQUIRES(c, in.channels % 8 == 0,
                absl::InvalidArgumentError("the channels of the images must be a multiple of 8"));
    OP_REQUIRES(c, window.size == filter.dim_size(1) && out.channels == filter.dim_size(3),
                absl::InvalidArgumentError("the filter must be square, with as many outputs as dy has channels"));
    OP_REQUIRES(c,
                window.fits(in) && out.height == window.positions(in.height) && out.width == window.positions(in.width),
                absl::InvalidArgumentError("dy must have one entry for each position of the window on the image"));
    Tensor* dx;
    OP_REQUIRES_OK(c, c->allocate_output(0, TensorShape({dy.dim_size(0), in.height, in.width, in.channels}), &dx));
    const float* dy_data = dy.flat<float>().data();
    float* dx_data = dx->flat<float>().data();
    const int64_t patch = window.size * window.size * in.channels;
    const TransposedWeight weight(filter.flat<float>().data(), patch, out.channels, bfloat16_);
    // Rows of dy in one product.
    const int64_t max_rows = std::max<int64_t>(1, 48 / out.width);
    const int64_t cost = out.height * out.width * patch * out.channels / kVectorLanes;
    Parallel(c, dy.dim_size(0), cost, [&](int64_t begin, int64_t end) {
      Multiplier multiply(bfloat16_);
      Buffer<float> patches(max_rows * out.width * patch);
      for (int64_t b = begin; b < end; ++b) {
        float* image = dx_data + b * in.numbers();
        std::fill(image, image + in.numbers(), 0.0f);
        for (int64_t first = 0; first < out.height; first += max_rows) {
          const int64_t rows = std::min(max_rows, out.height - first);
          const float* grads = dy_data + b * out.numbers() + first * out.width * out.channels;
          multiply({rows * out.width, patch, out.channels}, {grads, out.channels, 1}, weight.factor,
                   {patches.data(), patch});
          AddPatches(patches.data(), {first, first + rows}, window, in, out, image);
        }
      }
    });
  }

 private:
  struct RowRange {
    int64_t begin, end;
  };

  /** Adds the patches of these rows of window positions to the image. */
  static void AddPatches(const float* patches, const RowRange& rows, const Window& window, const ImageSize& in,
                         const ImageSize& out, float* image) {
    for (int64_t v = rows.begin; v < rows.end; ++v)
      for (int64_t u = 0; u < out.width; ++u)
        for (int64_t i = 0; i < window.size; ++i)
          for (int64_t j = 0; j < window.size; ++j, patches += in.channels) {
            const int64_t y = v * window.stride + i - window.padding, x = u * window.stride + j - window.padding;
            if (y >= 0 && y < in.height && x >= 0 && x < in.width)
              Accumulate(patches, in.channels, image + (y * in.width + x) * in.channels);
          }
  }

  int64_t height_, width_;
  bool bfloat16_;
};
REGISTER_KERNEL_BUILDER(Name("OfaConvolutionInputGrad").Device(DEVICE_CPU), ConvolutionInputGrad);

}  // namespace ofa
