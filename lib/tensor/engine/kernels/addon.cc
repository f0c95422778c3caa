// The addon that contains our kernels. Loading it registers them with TensorFlow. It exports `matrixUnit`: whether
// bfloat16 products run on a matrix unit of the processor.
#include <node_api.h>

#include "simd/amx.h"

NAPI_MODULE_INIT() {
  napi_value matrix_unit;
  if (napi_get_boolean(env, ofa::HasMatrixUnit(), &matrix_unit) != napi_ok ||
      napi_set_named_property(env, exports, "matrixUnit", matrix_unit) != napi_ok)
    return nullptr;
  return exports;
}
