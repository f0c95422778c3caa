// Images for JavaScript, in threads too where TensorFlow.js cannot be loaded: the size of a JPEG, a cut of it, and
// Pillow's resize. JPEGs are decoded by the libjpeg-turbo within TensorFlow.
#include <node_api.h>

#include <array>

#include "cut.h"

namespace ofa {
namespace {

struct Bytes {
  uint8_t* data = nullptr;
  size_t length = 0;
};

/** The arguments of a call from JavaScript. lib/data/decoding/imageKernels.ts says what they are, and calls with nothing else.
 */
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

/** The numbers of an Int32Array. */
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

/** jpegSize(jpeg): [width, height], or undefined where it is no JPEG of grey or of three colours. */
napi_value JpegSize(napi_env env, napi_callback_info info) {
  const Bytes jpeg = BytesOf(env, Arguments<1>(env, info)[0]);
  int32_t size[2], components;
  if (!tensorflow::jpeg::GetImageInfo(jpeg.data, static_cast<int>(jpeg.length), &size[0], &size[1], &components))
    return Undefined(env);
  if (components != 1 && components != 3) return Undefined(env);
  napi_value pair;
  napi_create_array_with_length(env, 2, &pair);
  for (uint32_t i = 0; i < 2; ++i) {
    napi_value number;
    napi_create_int32(env, size[i], &number);
    napi_set_element(env, pair, i, number);
  }
  return pair;
}

/** A cut that is taken by a thread of Node's pool, and the promise of it. */
struct Job {
  Bytes jpeg;
  Cut cut;
  uint8_t* out = nullptr;
  bool taken = false;
  napi_ref jpegHeld = nullptr, outHeld = nullptr;
  napi_deferred promised = nullptr;
  napi_async_work work = nullptr;
};

void Work(napi_env, void* data) {
  Job& job = *static_cast<Job*>(data);
  job.taken = CutJpeg(job.jpeg.data, job.jpeg.length, job.cut, job.out);
}

void Answer(napi_env env, napi_status, void* data) {
  const std::unique_ptr<Job> job(static_cast<Job*>(data));
  napi_value answer = Undefined(env);
  if (job->taken) napi_get_reference_value(env, job->outHeld, &answer);
  napi_resolve_deferred(env, job->promised, answer);
  napi_delete_reference(env, job->jpegHeld);
  napi_delete_reference(env, job->outHeld);
  napi_delete_async_work(env, job->work);
}

/** cutJpeg(jpeg, cut): a promise of the bytes, or of undefined where libjpeg is not content. */
napi_value CutOfJpeg(napi_env env, napi_callback_info info) {
  const auto [jpeg, cut] = Arguments<2>(env, info);
  const auto n = NumbersOf<11>(env, cut);
  auto job = std::make_unique<Job>();
  job->jpeg = BytesOf(env, jpeg);
  job->cut = {{n[0], n[1], n[2], n[3]}, n[4], n[5], {n[6], n[7], n[8], n[9]}, n[10] != 0};
  const napi_value out = NewBytes(env, 3 * static_cast<size_t>(n[8]) * n[9], &job->out);
  if (out == nullptr) return nullptr;
  napi_value promise, name;
  napi_create_reference(env, jpeg, 1, &job->jpegHeld);
  napi_create_reference(env, out, 1, &job->outHeld);
  napi_create_promise(env, &job->promised, &promise);
  napi_create_string_utf8(env, "cutJpeg", NAPI_AUTO_LENGTH, &name);
  napi_create_async_work(env, nullptr, name, Work, Answer, job.get(), &job->work);
  napi_queue_async_work(env, job.release()->work);
  return promise;
}

/** resize(bytes, [width, height, new width, new height, cubic]): the bytes of the image at its new size. */
napi_value Resize(napi_env env, napi_callback_info info) {
  const auto [bytes, sizes] = Arguments<2>(env, info);
  const auto [width, height, wide, tall, cubic] = NumbersOf<5>(env, sizes);
  uint8_t* out;
  const napi_value resized = NewBytes(env, 3 * static_cast<size_t>(wide) * tall, &out);
  if (resized == nullptr) return nullptr;
  Resample(BytesOf(env, bytes).data, 3 * static_cast<size_t>(width), MakeTaps(width, wide, 0, wide, cubic != 0),
           MakeTaps(height, tall, 0, tall, cubic != 0), out);
  return resized;
}

}  // namespace
}  // namespace ofa

NAPI_MODULE_INIT() {
  const std::pair<const char*, napi_callback> functions[] = {
      {"jpegSize", ofa::JpegSize}, {"cutJpeg", ofa::CutOfJpeg}, {"resize", ofa::Resize}};
  for (const auto& [name, function] : functions) {
    napi_value value;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value);
    napi_set_named_property(env, exports, name, value);
  }
  return exports;
}
