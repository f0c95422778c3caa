#pragma once
#include <cstdio>

#include <unistd.h>

namespace ofa {

/**
 * While an object of this class exists, C code of its thread prints nothing to stderr. libjpeg inside TensorFlow
 * prints its warnings there and cannot be configured. Only glibc allows stderr to be replaced.
 */
class Silence {
 public:
  Silence() {
    [[maybe_unused]] static const bool replaced = ReplaceStderr();
    is_silent_ = true;
  }
  ~Silence() { is_silent_ = false; }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  static bool ReplaceStderr() {
#ifdef __GLIBC__
    const cookie_io_functions_t functions{nullptr, &Write, nullptr, nullptr};
    FILE* filtered = fopencookie(nullptr, "w", functions);
    if (filtered == nullptr) return false;
    setvbuf(filtered, nullptr, _IONBF, 0);
    stderr = filtered;
#endif
    return true;
  }

  static ssize_t Write(void*, const char* text, size_t length) {
    return is_silent_ ? static_cast<ssize_t>(length) : write(STDERR_FILENO, text, length);
  }

  static inline thread_local bool is_silent_ = false;
};

}  // namespace ofa
