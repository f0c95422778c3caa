#pragma once
#include <memory>
#include <new>

#include "resample.h"
#include "silence.h"
#include "tensorflow/core/lib/jpeg/jpeg_mem.h"

namespace ofa {

struct Box {
  int left, top, width, height;

  bool IsWithin(int image_width, int image_height) const {
    return left >= 0 && top >= 0 && width > 0 && height > 0 && width <= image_width - left &&
           height <= image_height - top;
  }
};

/** Crops an image to `box`, resizes the result to width x height, and crops that to `window`. */
struct ResizedCrop {
  Box box;
  int width, height;
  Box window;
  bool cubic;
};

/**
 * Decodes only the part of a JPEG that the crop needs, and takes the crop byte for byte as Pillow. `out` is
 * [window.height, window.width, 3]. Returns false for a crop outside the image and if libjpeg reports an error or a
 * warning.
 */
inline bool DecodeJpegCrop(const uint8_t* jpeg, size_t length, const ResizedCrop& crop, uint8_t* out) {
  using namespace tensorflow::jpeg;
  const Silence silence;
  int width, height, components;
  if (!GetImageInfo(jpeg, static_cast<int>(length), &width, &height, &components)) return false;
  if (!crop.box.IsWithin(width, height) || !crop.window.IsWithin(crop.width, crop.height)) return false;
  const Taps across = MakeTaps(crop.box.width, crop.width, crop.window.left, crop.window.width, crop.cubic);
  const Taps down = MakeTaps(crop.box.height, crop.height, crop.window.top, crop.window.height, crop.cubic);

  UncompressFlags flags;
  flags.components = 3;
  flags.dct_method = JDCT_ISLOW;
  flags.crop = true;
  // One more column on either side: libjpeg's upsampled chroma is exact only where it has both neighbours.
  flags.crop_x = std::max(0, crop.box.left + across.begin - 1);
  flags.crop_width = std::min(width, crop.box.left + across.end + 1) - flags.crop_x;
  flags.crop_y = crop.box.top + down.begin;
  flags.crop_height = down.end - down.begin;
  const size_t stride = 3 * static_cast<size_t>(flags.crop_width);
  const std::unique_ptr<uint8_t[]> pixels(new (std::nothrow) uint8_t[stride * flags.crop_height]);
  if (pixels == nullptr) return false;
  int64_t warnings = 0;
  const auto allocate = [&](int, int, int) { return pixels.get(); };
  if (!Uncompress(jpeg, static_cast<int>(length), flags, &warnings, allocate) || warnings > 0) return false;

  Resample(&pixels[3 * (crop.box.left + across.begin - flags.crop_x)], stride, across, down, out);
  return true;
}

}  // namespace ofa
