// The sizes of images, and of the window that a convolution or pooling moves over them.
#pragma once
#include <algorithm>

#include "tensorflow/core/framework/op_kernel.h"

namespace ofa {

struct ImageSize {
  int64_t height, width, channels;
  int64_t numbers() const { return height * width * channels; }
};

/** [batch, height, width, channels] */
inline ImageSize ImageSizeOf(const tensorflow::Tensor& images) {
  return {images.dim_size(1), images.dim_size(2), images.dim_size(3)};
}

struct Window {
  /** Of each side. */
  int64_t size;
  int64_t stride;
  /** Zeros on each side of the image. */
  int64_t padding;

  /** Count of window positions along a side of the image. */
  int64_t positions(int64_t length) const { return (length + 2 * padding - size) / stride + 1; }

  bool fits(const ImageSize& image) const { return std::min(image.height, image.width) + 2 * padding >= size; }

  /** Whether dy [batch, rows, columns, …] has one entry for each position on x [batch, height, width, …]. */
  bool matches(const tensorflow::Tensor& x, const tensorflow::Tensor& dy) const {
    return x.dims() == 4 && dy.dims() == 4 && fits(ImageSizeOf(x)) && x.dim_size(0) == dy.dim_size(0) &&
           positions(x.dim_size(1)) == dy.dim_size(1) && positions(x.dim_size(2)) == dy.dim_size(2);
  }

  absl::Status Check() const {
    return size > 0 && stride > 0 && padding >= 0
               ? absl::OkStatus()
               : absl::InvalidArgumentError("window size and stride must be above 0, and padding must be at least 0");
  }
};

inline absl::Status CheckMatches(const Window& window, const tensorflow::Tensor& x, const tensorflow::Tensor& dy) {
  return window.matches(x, dy)
             ? absl::OkStatus()
             : absl::InvalidArgumentError("dy must have one entry for each position of the window on x");
}

/** A kernel with the attributes of a window. */
class WindowKernel : public tensorflow::OpKernel {
 public:
  explicit WindowKernel(tensorflow::OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("size", &window_.size));
    OP_REQUIRES_OK(c, c->GetAttr("stride", &window_.stride));
    OP_REQUIRES_OK(c, c->GetAttr("padding", &window_.padding));
    OP_REQUIRES_OK(c, window_.Check());
  }

 protected:
  Window window_;
};

/** A kernel with stride and padding as attributes; the size of the window is that of the filter. */
class FilterKernel : public tensorflow::OpKernel {
 public:
  explicit FilterKernel(tensorflow::OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("stride", &stride_));
    OP_REQUIRES_OK(c, c->GetAttr("padding", &padding_));
    OP_REQUIRES_OK(c, WindowOf(1).Check());
  }

 protected:
  Window WindowOf(int64_t size) const { return {size, stride_, padding_}; }

 private:
  int64_t stride_, padding_;
};

}  // namespace ofa
