#pragma once
#include <memory>
#include <new>

#include "resample.h"
#include "tensorflow/core/lib/jpeg/jpeg_mem.h"

namespace ofa {

struct Box {
  int left, top, width, height;

  bool IsWithin(int right, int bottom) const {
    return left >= 0 && top >= 0 && width > 0 && height > 0 && width <= right - left && height <= bottom - top;
  }
};

/** What is taken of an image: a box of it, resized, and a window of that. */
struct Cut {
  Box box;
  int width, height;
  Box window;
  bool cubic;
};

/**
 * Decodes of a JPEG what the cut needs, and takes it, byte for byte as Pillow would; `out` is [window.height,
 * window.width, 3]. False where anything at all is odd, as a warning of libjpeg's.
 */
inline bool CutJpeg(const uint8_t* bytes, size_t length, const Cut& cut, uint8_t* out) {
  using namespace tensorflow::jpeg;
  int width, height, components;
  if (!GetImageInfo(bytes, static_cast<int>(length), &width, &height, &components)) return false;
  if (!cut.box.IsWithin(width, height) || !cut.window.IsWithin(cut.width, cut.height)) return false;
  const Taps across = MakeTaps(cut.box.width, cut.width, cut.window.left, cut.window.width, cut.cubic);
  const Taps down = MakeTaps(cut.box.height, cut.height, cut.window.top, cut.window.height, cut.cubic);

  UncompressFlags flags;
  flags.components = 3;
  flags.dct_method = JDCT_ISLOW;
  flags.crop = true;
  // A column more on either side, since the colours of a part's outermost columns are made up without their neighbours.
  flags.crop_x = std::max(0, cut.box.left + across.begin - 1);
  flags.crop_width = std::min(width, cut.box.left + across.end + 1) - flags.crop_x;
  flags.crop_y = cut.box.top + down.begin;
  flags.crop_height = down.end - down.begin;
  const size_t stride = 3 * static_cast<size_t>(flags.crop_width);
  const std::unique_ptr<uint8_t[]> pixels(new (std::nothrow) uint8_t[stride * flags.crop_height]);
  if (pixels == nullptr) return false;
  int64_t warnings = 0;
  if (!Uncompress(bytes, static_cast<int>(length), flags, &warnings, [&](int, int, int) { return pixels.get(); }) ||
      warnings > 0)
    return false;

  Resample(&pixels[3 * (cut.box.left + across.begin - flags.crop_x)], stride, across, down, out);
  return true;
}

}  // namespace ofa
