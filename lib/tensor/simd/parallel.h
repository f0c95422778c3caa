// Work on the threads of an op's device.
#pragma once
#include <algorithm>
#include <functional>

#include "simd/buffer.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace ofa {

using tensorflow::int64;
using tensorflow::OpKernelContext;

/** Calls work(begin, end) over blocks of [0, total) on all threads; `cost` is the estimated cycles of one unit. */
inline void Parallel(OpKernelContext* context, int64_t total, int64_t cost,
                     const std::function<void(int64_t, int64_t)>& work) {
  context->device()->tensorflow_cpu_worker_threads()->workers->ParallelFor(total, cost, work);
}

inline int64_t ThreadCount(OpKernelContext* context) {
  return context->device()->tensorflow_cpu_worker_threads()->num_threads;
}

struct BlockedSumOptions {
  int64_t rows;
  /** Count of floats in the sum. */
  int64_t width;
  /** Estimated cycles of one row. */
  int64_t cost;
  int64_t max_blocks = 16;
  int64_t min_rows_per_block = 16;
};

/**
 * A sum over rows that does not depend on the timing of threads: the rows are cut into blocks, work(begin, end, sums)
 * adds those of a block to `width` floats of its own, and the blocks are added in order.
 */
template <typename Work>
void BlockedSum(OpKernelContext* context, const BlockedSumOptions& options, float* out, const Work& work) {
  const auto [rows, width, cost, max_blocks, min_rows_per_block] = options;
  if (rows == 0) return void(std::fill_n(out, width, 0.0f));
  const int64_t limit = std::min(max_blocks, std::max<int64_t>(1, rows / min_rows_per_block));
  const int64_t size = (rows + limit - 1) / limit, blocks = (rows + size - 1) / size;
  Buffer<float> partial(blocks * width, 0.0f);
  Parallel(context, blocks, cost * size, [&, rows = rows, width = width](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; ++b) work(b * size, std::min(rows, (b + 1) * size), partial.data() + b * width);
  });
  Parallel(context, width, blocks, [&, width = width](int64_t begin, int64_t end) {
    std::copy(partial.data() + begin, partial.data() + end, out + begin);
    for (int64_t b = 1; b < blocks; ++b)
      for (int64_t i = begin; i < end; ++i) out[i] += partial[b * width + i];
  });
}

}  // namespace ofa
