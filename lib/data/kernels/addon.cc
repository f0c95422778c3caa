// The Node-API add-on of the image kernels: a crop of a JPEG, and Pillow's resize. JPEGs are decoded by
// the libjpeg-turbo inside TensorFlow. Unlike TensorFlow.js, the add-on can be loaded in worker threads.
#include <node_api.h>

#include <array>

#include "jpegCrop.h"

namespace ofa {
namespace {

struct Bytes {
  uint8_t* data = nullptr;
  size_t length = 0;
};

/** The arguments of a call from JavaScript. They are not checked: only lib/data/kernels/imageKernels.ts calls. */
template <size_t count>
std::array<napi_value, count> Arguments(napi_env env, napi_callback_info info) {
  std::array<napi_value, count> values;
  size_t given = count;
  napi_get_cb_info(env, info, &given, values.data(), nullptr, nullptr);
  return values;
}

Bytes BytesOf(napi_env env, napi_value array) {
  void* data = nullptr;
  Bytes bytes;
  napi_get_typedarray_info(env, array, nullptr, &bytes.length, &data, nullptr, nullptr);
  bytes.data = static_cast<uint8_t*>(data);
  return bytes;
}

/** The numbers of an Int32Array; 0 for missing ones. */
template <size_t count>
std::array<int32_t, count> NumbersOf(napi_env env, napi_value array) {
  std::array<int32_t, count> numbers{};
  const Bytes bytes = BytesOf(env, array);
  std::memcpy(numbers.data(), bytes.data, std::min(bytes.length, count) * sizeof(int32_t));
  return numbers;
}

napi_value NewBytes(napi_env env, size_t length, uint8_t** data) {
  void* memory = nullptr;
  napi_value buffer, array = nullptr;
  if (napi_create_arraybuffer(env, length, &memory, &buffer) == napi_ok)
    napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &array);
  *data = static_cast<uint8_t*>(memory);
  return array;
}

napi_value Undefined(napi_env env) {
  napi_value value;
  napi_get_undefined(env, &value);
  return value;
}

/** A crop that a thread of libuv's pool takes, and the promise of its bytes. */
struct CropJob {
  Bytes jpeg;
  ResizedCrop crop;
  uint8_t* out = nullptr;
  bool succeeded = false;
  // References keep both arrays alive while the thread uses their memory.
  napi_ref jpeg_ref = nullptr, out_ref = nullptr;
  napi_deferred deferred = nullptr;
  napi_async_work work = nullptr;
};

void ExecuteCropJob(napi_env, void* data) {
  CropJob& job = *static_cast<CropJob*>(data);
  job.succeeded = DecodeJpegCrop(job.jpeg.data, job.jpeg.length, job.crop, job.out);
}

void CompleteCropJob(napi_env env, napi_status, void* data) {
  const std::unique_ptr<CropJob> job(static_cast<CropJob*>(data));
  napi_value result = Undefined(env);
  if (job->succeeded) napi_get_reference_value(env, job->out_ref, &result);
  napi_resolve_deferred(env, job->deferred, result);
  napi_delete_reference(env, job->jpeg_ref);
  napi_delete_reference(env, job->out_ref);
  napi_delete_async_work(env, job->work);
}

/** decodeJpegCrop(jpeg, crop): a promise of the bytes, or of undefined if `DecodeJpegCrop` returns false. */
napi_value StartCropJob(napi_env env, napi_callback_info info) {
  const auto [jpeg, crop] = Arguments<2>(env, info);
  const auto n = NumbersOf<11>(env, crop);
  auto job = std::make_unique<CropJob>();
  job->jpeg = BytesOf(env, jpeg);
  job->crop = {{n[0], n[1], n[2], n[3]}, n[4], n[5], {n[6], n[7], n[8], n[9]}, n[10] != 0};
  const napi_value out = NewBytes(env, 3 * static_cast<size_t>(n[8]) * n[9], &job->out);
  if (out == nullptr) return nullptr;
  napi_value promise, name;
  napi_create_reference(env, jpeg, 1, &job->jpeg_ref);
  napi_create_reference(env, out, 1, &job->out_ref);
  napi_create_promise(env, &job->deferred, &promise);
  napi_create_string_utf8(env, "decodeJpegCrop", NAPI_AUTO_LENGTH, &name);
  napi_create_async_work(env, nullptr, name, ExecuteCropJob, CompleteCropJob, job.get(), &job->work);
  napi_queue_async_work(env, job.release()->work);
  return promise;
}

/** resize(image, [width, height, new width, new height, cubic]): the bytes of the resized image. */
napi_value Resize(napi_env env, napi_callback_info info) {
  const auto [image, sizes] = Arguments<2>(env, info);
  const auto [width, height, new_width, new_height, cubic] = NumbersOf<5>(env, sizes);
  uint8_t* out;
  const napi_value resized = NewBytes(env, 3 * static_cast<size_t>(new_width) * new_height, &out);
  if (resized == nullptr) return nullptr;
  const Taps across = MakeTaps(width, new_width, 0, new_width, cubic != 0);
  const Taps down = MakeTaps(height, new_height, 0, new_height, cubic != 0);
  Resample(BytesOf(env, image).data, 3 * static_cast<size_t>(width), across, down, out);
  return resized;
}

}  // namespace
}  // namespace ofa

NAPI_MODULE_INIT() {
  const std::pair<const char*, napi_callback> functions[] = {{"decodeJpegCrop", ofa::StartCropJob},
                                                             {"resize", ofa::Resize}};
  for (const auto& [name, function] : functions) {
    napi_value value;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value);
    napi_set_named_property(env, exports, name, value);
  }
  return exports;
}
