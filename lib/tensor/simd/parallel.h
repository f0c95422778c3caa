#pragma once
#include <algorithm>
#include <functional>

#include "simd/buffer.h"
#include "simd/checks.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace ofa {

using tensorflow::int64;
using tensorflow::OpKernelContext;

/** Calls work(begin, end) over [0, total) in blocks on the threads of the op's device; cost is in cycles for one unit.
 */
inline void Parallel(OpKernelContext* context, int64_t total, int64_t cost,
                     const std::function<void(int64_t, int64_t)>& work) {
  context->device()->tensorflow_cpu_worker_threads()->workers->ParallelFor(total, cost, work);
}

/** Threads of the op's device. */
inline int64_t Threads(OpKernelContext* context) {
  return context->device()->tensorflow_cpu_worker_threads()->num_threads;
}

/**
 * Sums that every thread adds to, in an order that does not depend on which of them is faster: rows are cut into at
 * most `most` blocks of at least `least`, each block sums on its own, and the blocks are added in order. work(begin,
 * end, sums) adds to `width` floats.
 */
template <typename Work>
void BlockedSum(OpKernelContext* context, int64_t rows, int64_t width, int64_t cost, float* out, const Work& work,
                int64_t most = 16, int64_t least = 16) {
  if (rows == 0) return void(std::fill_n(out, width, 0.0f));
  const int64_t limit = std::min(most, std::max<int64_t>(1, rows / least));
  const int64_t size = (rows + limit - 1) / limit, blocks = (rows + size - 1) / size;
  Buffer<float> partial(blocks * width, 0.0f);
  Parallel(context, blocks, cost * size, [&](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; ++b) work(b * size, std::min(rows, (b + 1) * size), partial.data() + b * width);
  });
  Parallel(context, width, blocks, [&](int64_t begin, int64_t end) {
    std::copy(partial.data() + begin, partial.data() + end, out + begin);
    for (int64_t b = 1; b < blocks; ++b)
      for (int64_t i = begin; i < end; ++i) out[i] += partial[b * width + i];
  });
}

}  // namespace ofa
