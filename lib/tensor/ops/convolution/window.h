// What our convolutions share: the sizes of images and of the window that moves over them.
#pragma once
#include <algorithm>

#include "simd/multiplier.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace ofa {

struct Plane {
  int64_t height, width, channels;
  int64_t size() const { return height * width * channels; }
};

/** A square filter's side, its stride and the zeros on each side of the image. */
struct Window {
  int64_t size, stride, padding;
  bool fits(const Plane& image) const { return std::min(image.height, image.width) + 2 * padding >= size; }
  /** Whether an image [batch, height, width, channels] gives slopes [batch, height, width, …] of such a size. */
  bool gives(const tensorflow::Tensor& image, const tensorflow::Tensor& slopes) const {
    return image.dims() == 4 && slopes.dims() == 4 && fits({image.dim_size(1), image.dim_size(2), 0}) &&
           image.dim_size(0) == slopes.dim_size(0) && over(image.dim_size(1)) == slopes.dim_size(1) &&
           over(image.dim_size(2)) == slopes.dim_size(2);
  }
  absl::Status IsSound() const {
    return size > 0 && stride > 0 && padding >= 0
               ? absl::OkStatus()
               : absl::InvalidArgumentError("a window's side and stride must be above 0, and padding not below");
  }
  int64_t over(int64_t length) const { return (length + 2 * padding - size) / stride + 1; }
};

/** A kernel whose attributes tell the window. */
class WindowKernel : public tensorflow::OpKernel {
 public:
  explicit WindowKernel(tensorflow::OpKernelConstruction* c) : OpKernel(c) {
    OP_REQUIRES_OK(c, c->GetAttr("size", &window_.size));
    OP_REQUIRES_OK(c, c->GetAttr("stride", &window_.stride));
    OP_REQUIRES_OK(c, c->GetAttr("padding", &window_.padding));
    OP_REQUIRES_OK(c, window_.IsSound());
  }

 protected:
  Window window_;
};

}  // namespace ofa
