// The addon that carries our kernels. Loading it registers them with TensorFlow; JavaScript is told whether they have a
// matrix unit for bfloat16.
#include <node_api.h>

#include "simd/tiles.h"

NAPI_MODULE_INIT() {
  napi_value matrix_unit;
  if (napi_get_boolean(env, ofa::HasMatrixUnit(), &matrix_unit) != napi_ok ||
      napi_set_named_property(env, exports, "matrixUnit", matrix_unit) != napi_ok)
    return nullptr;
  return exports;
}
